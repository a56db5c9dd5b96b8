/** What form of an answer a request asks for. The sections are those of RFC 9110. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prefersType } from '@sallyport/protocol'

const special = 'application/token-introspection+jwt'
const cases: [name: string, accept: readonly string[], prefers: boolean][] = [
  ['nothing is asked for', [], false],
  ['RFC 9701 §4: the type', [special], true],
  ['in capitals', [special.toUpperCase()], true],
  ['§12.5.1: a wildcard is for what is usual', ['*/*'], false],
  ['§12.5.1: and so is a range', ['application/*'], false],
  ['what is usual', ['application/json'], false],
  ['both alike', [`application/json, ${special}`], true],
  ['both, the usual one more', [`application/json, ${special};q=0.5`], false],
  ['both, the usual one less', [`application/json;q=0.5, ${special};q=0.8`], true],
  ['the usual one by a wildcard', [`${special}, */*;q=0.1`], true],
  ['§12.4.2: not at all', [`${special};q=0`], false],
  ['§12.4.2: how much is malformed', [`${special};q=1.5`], false],
  ['in two headers', ['text/html', special], true],
  ['another type', ['application/jwt'], false],
]
for (const [name, accept, prefers] of cases) {
  test(`accept: ${name}`, () => {
    assert.equal(prefersType(accept, special, 'application/json'), prefers)
  })
}
