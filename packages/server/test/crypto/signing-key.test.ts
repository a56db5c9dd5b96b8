import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import { isSignedBy } from '@sallyport/guard'
import { parseCompactJws, type SigningAlgorithm, signingAlgorithms } from '@sallyport/protocol'
import { calculateJwkThumbprint, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import {
  importPublicKey,
  importSigningKey,
  newSigningKey,
  publicJwkOf,
  signJwt,
} from '../../src/crypto/signing-key.ts'

const claims = { iss: 'https://login.example.com', sub: 'acc_1', name: 'été' }

async function pair(alg: SigningAlgorithm) {
  const made = await newSigningKey(alg)
  const jwk = JSON.parse(made.publicJwk) as JWK
  return { ...made, jwk, ours: importSigningKey(made.kid, alg, made.privateKey) }
}

for (const alg of signingAlgorithms) {
  test(`${alg}: what we sign is what jose verifies, by the key as we publish it`, async () => {
    const { kid, jwk, ours } = await pair(alg)
    const token = signJwt('at+jwt', claims, ours)
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK(jwk), { algorithms: [alg] })
    assert.deepEqual(payload, claims)
    assert.deepEqual(protectedHeader, { alg, typ: 'at+jwt', kid })
    assert.equal(kid, await calculateJwkThumbprint(jwk))
    assert.ok(Buffer.from(token, 'base64url').toString().startsWith(`{"alg":"${alg}"`))
  })

  test(`${alg}: what jose signs is what a guard verifies, and with one changed bit it is not`, async () => {
    const { kid, privateKey, publicJwk } = await pair(alg)
    const key = createPrivateKey(privateKey)
    const token = await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key)
    const verification = { alg, key: importPublicKey(publicJwk) }
    const jws = parseCompactJws(token)
    assert.ok(jws)
    assert.equal(isSignedBy(jws, verification), true)
    const signature = Buffer.from(jws.signature)
    signature[10] = (signature[10] ?? 0) ^ 1
    assert.equal(isSignedBy({ ...jws, signature }, verification), false)
  })

  test(`${alg}: the published half has public members only`, async () => {
    const { jwk, kid, privateKey } = await pair(alg)
    // Also where it is made of a whole key, as an external signer might give one out.
    const whole = { ...createPrivateKey(privateKey).export({ format: 'jwk' }) }
    assert.deepEqual(JSON.parse(publicJwkOf(whole, kid, alg)), jwk)
    const common = ['alg', 'kid', 'kty', 'use']
    const of = { EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'], RSA: ['e', 'n'] }
    assert.deepEqual(
      Object.keys(jwk).toSorted(),
      [...common, ...(of[jwk.kty as keyof typeof of] ?? [])].toSorted(),
    )
  })
}
