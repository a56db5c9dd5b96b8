import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSealer } from '../../src/crypto/seal.ts'
import { formatOpaqueToken, parseOpaqueToken } from '../../src/crypto/opaque-token.ts'

const sealer = createSealer('a secret of this server')
const claims = { iss: 'https://id.example', sub: 'acc_1', exp: 1, scope: 'chatbot:read' }
const token = formatOpaqueToken(claims, sealer)
const at = (index: number) =>
  token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1)

test('the server reads the claims of its own token', () => {
  assert.deepEqual({ ...parseOpaqueToken(token, sealer) }, claims)
})

test('nobody else learns anything: no claim is in it, and no two tokens are alike', () => {
  const text = Buffer.from(token.slice(4), 'base64url').toString('latin1')
  for (const value of ['acc_1', 'id.example', 'chatbot']) assert.ok(!text.includes(value))
  assert.notEqual(formatOpaqueToken(claims, sealer), token)
})

test('one changed letter, wherever it is, makes it nobody’s token', () => {
  for (let index = 0; index < token.length; index += 1)
    assert.equal(parseOpaqueToken(at(index), sealer), undefined, String(index))
})

test('a second spelling of the same bytes is none of ours', () => {
  // The last letter of base64url has bits to spare, unless the bytes come out even.
  for (const scope of ['', 'a', 'aa']) {
    const one = formatOpaqueToken({ ...claims, scope }, sealer)
    const last = Buffer.from(one.slice(4), 'base64url')
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const alike = [...letters].map((letter) => one.slice(0, -1) + letter)
    const same = alike.filter((text) => Buffer.from(text.slice(4), 'base64url').equals(last))
    assert.deepEqual(
      same.filter((text) => parseOpaqueToken(text, sealer) !== undefined),
      [one],
    )
  }
})

const foreign: [name: string, text: string][] = [
  ['of another server', formatOpaqueToken(claims, createSealer('another secret'))],
  ['hidden for another purpose', `oat_${sealer.hide('refresh-token', JSON.stringify(claims))}`],
  ['of something that is no object', `oat_${sealer.hide('access-token', JSON.stringify('x'.repeat(60)))}`],
  ['cut short', token.slice(0, -1)],
  ['made longer', `${token}A`],
  ['without its prefix', token.slice(4)],
  ['of noise', `oat_${'A'.repeat(300)}`],
  ['empty', ''],
]
for (const [name, text] of foreign) {
  test(`a token ${name} is none of ours`, () => assert.equal(parseOpaqueToken(text, sealer), undefined))
}
