import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audienceOf, consentCovers, narrowResources, readResources } from '../src/index.ts'

const [a, b, c] = ['https://api.example/a', 'https://api.example/b', 'https://api.example/c']

const read: [name: string, asked: string[], expected: readonly string[] | undefined][] = [
  ['none', [], []],
  ['one', [a], [a]],
  ['two, in one order and each once', [b, a, b], [a, b]],
  ['an unknown one', [c], undefined],
  ['a known and an unknown one', [a, c], undefined],
  ['another spelling', [`${a}/`], undefined],
  ['a fragment', [`${a}#x`], undefined],
  ['a part of one', ['https://api.example'], undefined],
]
for (const [name, asked, expected] of read) {
  test(`RFC 8707 §2: resources of a request: ${name}`, () =>
    assert.deepEqual(readResources(asked, [a, b]), expected))
}

const narrowed: [name: string, granted: string[], asked: string[], expected: string[] | undefined][] = [
  ['nothing asked is all that was granted', [a, b], [], [a, b]],
  ['some of what was granted', [a, b], [b], [b]],
  ['more than was granted', [a], [a, b], undefined],
  ['another one', [a], [b], undefined],
  ['a grant that named none can be narrowed to any', [], [b], [b]],
  ['neither named any', [], [], []],
]
for (const [name, granted, asked, expected] of narrowed) {
  test(`RFC 8707 §2.2: resources of a token: ${name}`, () =>
    assert.deepEqual(narrowResources(granted, asked), expected))
}

test('RFC 9068 §3: the audience is the issuer, the resource, or the list of them', () => {
  assert.equal(audienceOf([], 'https://id.example'), 'https://id.example')
  assert.equal(audienceOf([a], 'https://id.example'), a)
  assert.deepEqual(audienceOf([a, b], 'https://id.example'), [a, b])
})

const of = (resources: string[], scope = ['x'], claims: string[] = []) => ({ scope, resources, claims })
const consents: [
  name: string,
  consent: ReturnType<typeof of>,
  asked: ReturnType<typeof of>,
  covers: boolean,
][] = [
  ['the same', of([a]), of([a]), true],
  ['less', of([a, b]), of([a]), true],
  ['more', of([a]), of([a, b]), false],
  ['everything, where it was for one', of([a]), of([]), false],
  ['one, where it was for everything', of([]), of([a]), true],
  ['a single claim that it has', of([], ['x'], ['id_token:email']), of([], ['x'], ['id_token:email']), true],
  ['a single claim elsewhere', of([], ['x'], ['id_token:email']), of([], ['x'], ['userinfo:email']), false],
  ['a wider scope', of([]), of([], ['x', 'y']), false],
]
for (const [name, consent, asked, covers] of consents) {
  test(`a standing consent and a request for ${name}`, () =>
    assert.equal(consentCovers(consent, asked), covers))
}
