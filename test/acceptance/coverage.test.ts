import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readRows } from '../../tools/runner/acceptance.ts'

const folder = import.meta.dirname
const rows = readRows(join(folder, '../vectors/acceptance.tsv'))
const deferred = JSON.parse(readFileSync(join(folder, 'deferred.json'), 'utf8')) as Readonly<
  Record<string, string>
>
const tested = globSync('*.test.ts', { cwd: folder }).flatMap((file) =>
  [
    ...readFileSync(join(folder, file), 'utf8').matchAll(
      /^test\(\s*['"`]((?:OSHARA|OCS|CHARP|OSIR|ONE)-\d{2}) /gm,
    ),
  ].map(([, id]) => id ?? ''),
)

test('every row has exactly one test, or a reason in the list of what comes later', () => {
  assert.equal(rows.length, 253)
  for (const { id } of rows) {
    const count = tested.filter((one) => one === id).length
    assert.equal(count, id in deferred ? 0 : 1, `${id} has ${count} tests`)
  }
})

test('no test and no reason is for a row that there is not', () => {
  const known = new Set(rows.map(({ id }) => id))
  assert.deepEqual(
    [...tested, ...Object.keys(deferred)].filter((id) => !known.has(id)),
    [],
  )
  for (const reason of Object.values(deferred)) assert.ok(reason.length > 10)
})
