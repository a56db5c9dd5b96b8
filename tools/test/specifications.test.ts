import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { readRows } from '../runner/acceptance.ts'
import {
  Citations,
  readRowSections,
  readSpecifications,
  specificationsPage,
} from '../runner/specifications.ts'
import { TestNames } from '../runner/test-names.ts'

const vectors = join(import.meta.dirname, '../../test/vectors')
const specifications = [
  { id: 'RFC 1', title: 'One', sections: ['2', '2.1'], aliases: [] },
  { id: 'RFC 12', title: 'Twelve', sections: ['3'], aliases: ['draft-twelve'] },
  { id: 'Open Core', title: 'Core', sections: [], aliases: [] },
]
const citations = new Citations(specifications)
const shown = (names: readonly string[], home?: string) =>
  citations.of(names, home).map(({ id, section }) => `${id} ${section}`)

const rows: readonly (readonly [
  names: readonly string[],
  home: string | undefined,
  cited: readonly string[],
])[] = [
  [['a plain name'], undefined, []],
  [['RFC 1 §2: x'], undefined, ['RFC 1 2']],
  [['RFC 1 §2.1, §3 rule 7: x'], undefined, ['RFC 1 2.1', 'RFC 1 3']],
  [['RFC 12 §3, RFC 1 §2'], undefined, ['RFC 12 3', 'RFC 1 2']],
  [['as a whole: RFC 12'], undefined, ['RFC 12 ']],
  [['RFC 1, RFC 12 §3'], undefined, ['RFC 1 ', 'RFC 12 3']],
  [['Open Core 1.0 §5.3.2: x'], undefined, ['Open Core 5.3.2']],
  [['draft-twelve §3: x'], undefined, ['RFC 12 3']],
  [['§2: x'], 'RFC 1', ['RFC 1 2']],
  [['§2: x', 'RFC 12 §3: y'], 'RFC 1', ['RFC 1 2', 'RFC 12 3']],
  [['what is refused (RFC 12 §3)', '§4: y'], 'RFC 1', ['RFC 12 3', 'RFC 12 4']],
]
for (const [index, [names, home, cited]] of rows.entries()) {
  test(`citations, row ${index + 1}: ${cited.length} of them`, () =>
    assert.deepEqual(shown(names, home), cited))
}

describe('a name that can’t be placed stops the run', () => {
  test('a section of no specification', () => assert.throws(() => shown(['§2: x']), /no specification/))
  test('an RFC that is not listed', () => assert.throws(() => shown(['RFC 99 §2']), /not in the list/))
})

test('the first comment of a file says whose sections its names cite', () => {
  const source = (comment: string) => `/** ${comment} */\nimport x from 'y'\n// RFC 12\n`
  assert.equal(citations.home(source('RFC 1, something.')), 'RFC 1')
  assert.equal(citations.home(source('More than RFC 1. The sections are those of draft-twelve.')), 'RFC 12')
  assert.equal(citations.home(source('Nothing.')), undefined)
})

test('the page has every listed section, with its tests or without', () => {
  const passed = (names: readonly string[]) => ({
    file: 'a.test.ts',
    names,
    citations: citations.of(names, undefined),
  })
  const page = specificationsPage(specifications, [passed(['suite', 'RFC 1 §2.1: a|b']), passed(['none'])])
  assert.match(page, /^1 of 3 listed sections have a test\.$/m)
  assert.match(page, /^\| §2 \| \| no test \|$/m)
  assert.ok(page.includes(String.raw`| §2.1 | suite › RFC 1 §2.1: a\|b | a.test.ts |`), page)
  assert.doesNotMatch(page, /none/)
})

test('a test is known by the suites around it, and what failed or was left out is not known', () => {
  const names = new TestNames()
  const file = '/a.test.ts'
  const add = (type: string, name: string, nesting: number, more: object = {}) =>
    names.add({ type, data: { name, nesting, file, details: {}, ...more } } as unknown as TestEvent)
  add('test:start', 'suite', 0)
  add('test:start', 'one', 1)
  add('test:pass', 'one', 1)
  add('test:start', 'two', 1)
  add('test:fail', 'two', 1)
  add('test:start', 'three', 1)
  add('test:pass', 'three', 1, { skip: 'why' })
  add('test:pass', 'suite', 0, { details: { type: 'suite' } })
  add('test:start', 'four', 0)
  add('test:pass', 'four', 0)
  assert.deepEqual(
    names.passed.map((one) => one.names),
    [['suite', 'one'], ['four']],
  )
})

test('what the rows of the contract stand for is about rows and specifications that there are', () => {
  const known = new Set(readRows(join(vectors, 'acceptance.tsv')).map(({ id }) => id))
  const real = new Citations(readSpecifications(join(vectors, 'specifications.tsv')))
  const cited = readRowSections(join(vectors, 'row-sections.tsv'))
  assert.ok(cited.size > 50)
  for (const [row, sections] of cited) {
    assert.ok(known.has(row), row)
    assert.ok(real.of([sections], undefined).length > 0, row)
  }
})

test('no specification is listed twice', () => {
  const ids = readFileSync(join(vectors, 'specifications.tsv'), 'utf8').match(/^[^#\t\n]+(?=\t)/gm) ?? []
  assert.equal(new Set(ids).size, ids.length)
})
