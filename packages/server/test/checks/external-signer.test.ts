import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { ProtocolError } from '@sallyport/protocol'
import { boundSigner, SignerError } from '../../src/checks/external-signer.ts'
import type { Signer, SignerKey } from '../../src/settings/signing.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...publicKey.export({ format: 'jwk' }) }
const good: SignerKey = { kid: 'a', alg: 'ES256', jwk, activeAt: 0 }
const signerOf = (keys: readonly unknown[]): Signer => ({
  keys: async () => keys as readonly SignerKey[],
  sign: () => new Promise<Uint8Array>(() => undefined),
})

const keys: [name: string, key: Readonly<Record<string, unknown>>, told: RegExp | undefined][] = [
  ['a whole one is taken', { ...good }, undefined],
  ['no kid', { ...good, kid: undefined }, /without a kid/],
  ['a kid with a line in it', { ...good, kid: 'a\nb' }, /without a kid/],
  ['a kid without end', { ...good, kid: 'a'.repeat(201) }, /without a kid/],
  ['an algorithm with a shared secret', { ...good, alg: 'HS256' }, /a has no algorithm/],
  ['no moment', { ...good, activeAt: 'soon' }, /a has no activeAt/],
  ['no key', { ...good, jwk: {} }, /a has no public JWK/],
  ['a shared secret for a key', { ...good, jwk: { kty: 'oct', k: 'c2VjcmV0' } }, /a has no public JWK/],
]
for (const [name, key, told] of keys) {
  test(`a signer's key: ${name}`, async () => {
    const asked = boundSigner(signerOf([key])).keys()
    if (told)
      await assert.rejects(asked, (error: Error) => error instanceof SignerError && told.test(error.message))
    else assert.equal((await asked).length, 1)
  })
}

test('a signer that never answers gathers 256 requests and no more, and lets go of them', async () => {
  const signer = boundSigner(signerOf([]))
  const ask = () => signer.sign('a', { alg: 'ES256', key: publicKey }, 'input')
  const waiting = Array.from({ length: 256 }, ask).map((one) => one.catch((error: unknown) => error))
  await assert.rejects(
    ask(),
    (error) => error instanceof ProtocolError && error.detail === 'the signer is behind',
  )
  for (const error of await Promise.all(waiting)) {
    assert.ok(error instanceof ProtocolError && error.code === 'unavailable')
    assert.equal(error.detail, 'the signer did not sign')
  }
  const again = ask().catch((error: unknown) => error)
  assert.equal(((await again) as ProtocolError).detail, 'the signer did not sign')
})
