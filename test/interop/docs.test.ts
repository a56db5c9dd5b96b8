import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/interop.md'), 'utf8')
/** Rows of the table: a client, its version, its test. */
const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| .+ \| \[.+\]\(\.\.\/(.+)\) \|$/gm)].map(
  ([, client = '', version = '', file = '']) => ({ client, version, file }),
)

test('the page of clients lists every test here, and no other', () => {
  const here = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'))
  const listed = rows.map(({ file }) => file.replace('test/interop/', ''))
  assert.deepEqual([...listed, 'docs.test.ts'].sort(), here.sort())
})

test('the page of clients tells the versions that are installed', () => {
  const packages = rows.filter(({ version }) => /^[\d.]+$/.test(version))
  assert.ok(packages.length >= 8)
  for (const { client, version } of packages) {
    const path = join(root, 'node_modules', client.replaceAll('`', ''), 'package.json')
    assert.ok(existsSync(path), client)
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).version, version, client)
  }
})
