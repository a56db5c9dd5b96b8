import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayCreate, mayUse } from '../src/resources.ts'

const cases: [
  name: string,
  resources: readonly string[] | undefined,
  use: boolean,
  other: boolean,
  create: boolean,
][] = [
  ['no list is everything', undefined, true, true, true],
  ['a list is what is on it', ['bot_1'], true, false, false],
  ['a longer list too', ['bot_0', 'bot_1'], true, false, false],
  ['an empty list is nothing', [], false, false, false],
  ['a name that only begins alike is another', ['bot_11'], false, false, false],
]
for (const [name, resources, use, other, create] of cases) {
  test(`resources: ${name}`, () => {
    const principal = resources ? { resources } : {}
    assert.equal(mayUse(principal, 'bot_1'), use)
    assert.equal(mayUse(principal, 'bot_2'), other)
    assert.equal(mayCreate(principal), create)
  })
}
