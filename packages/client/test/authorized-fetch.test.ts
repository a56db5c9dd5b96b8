import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReplayable, refusesToken } from '../src/authorized-fetch.ts'

const bodies: [name: string, body: unknown, replayable: boolean][] = [
  ['no body', undefined, true],
  ['null', null, true],
  ['text', 'a', true],
  ['a form', new URLSearchParams({ a: 'b' }), true],
  ['a multipart form', new FormData(), true],
  ['a file', new Blob(['a']), true],
  ['bytes', new Uint8Array(1), true],
  ['a buffer', new ArrayBuffer(1), true],
  ['a stream', new Blob(['a']).stream(), false],
  ['an iterable', [new Uint8Array(1)].values(), false],
]
for (const [name, body, replayable] of bodies) {
  test(`${name} can${replayable ? '' : ' not'} be sent twice`, () =>
    assert.equal(isReplayable(body), replayable))
}

const answers: [
  name: string,
  status: number,
  challenge: string | undefined,
  type: Response['type'],
  refuses: boolean,
][] = [
  ['invalid_token', 401, 'Bearer realm="api", error="invalid_token"', 'basic', true],
  ['an unquoted one', 401, 'Bearer error=invalid_token', 'basic', true],
  ['no credential', 401, 'Bearer', 'basic', false],
  ['another error', 401, 'Bearer error="invalid_client"', 'basic', false],
  ['a longer word', 401, 'Bearer error="invalid_token_type"', 'basic', false],
  ['a 401 that says nothing', 401, undefined, 'basic', false],
  ['one that a browser hides from another origin', 401, undefined, 'cors', true],
  ['a scope that is missing', 403, 'Bearer error="insufficient_scope"', 'basic', false],
  ['a 403 with the wrong words', 403, 'Bearer error="invalid_token"', 'basic', false],
]
for (const [name, status, challenge, type, refuses] of answers) {
  test(`${name} is${refuses ? '' : ' not'} about the token`, () => {
    const headers = new Headers(challenge === undefined ? {} : { 'www-authenticate': challenge })
    assert.equal(refusesToken({ status, headers, type }), refuses)
  })
}
