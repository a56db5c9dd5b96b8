import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFiles } from '../house/check.ts'

/** The rules broken by one file, each as `line rule`, with the manifests the other rules ask for. */
function broken(files: Readonly<Record<string, string>>): readonly string[] {
  const manifests = {
    'packages/server/package.json':
      '{"dependencies":{"@sallyport/client":"1","@sallyport/guard":"1","@sallyport/protocol":"1","fastify":"1"}}',
    'packages/client/package.json': '{"dependencies":{"@sallyport/protocol":"1"}}',
    'packages/guard/package.json': '{"dependencies":{"@sallyport/protocol":"1","pino":"1"}}',
    'platforms/osir/package.json':
      '{"dependencies":{"sallyport":"1"},"devDependencies":{"@types/express":"1"}}',
  }
  const found = checkFiles(new Map(Object.entries({ ...manifests, ...files })))
  return found.map(({ line, rule }) => `${line} ${rule}`)
}

const server = 'packages/server/src'
const lines = (count: number): string => 'void 0\n'.repeat(count)
const doc = '/** Says what it is. */\n'

type Case = readonly [name: string, path: string, text: string, ...expected: string[]]

function table(title: string, cases: readonly Case[]): void {
  for (const [name, path, text, ...expected] of cases) {
    test(`${title}: ${name}`, () => assert.deepEqual(broken({ [path]: text }), expected))
  }
}

table('the import rule', [
  ['a folder may import one to its left', `${server}/doors/a.ts`, `import '../grants/b.ts'`],
  ['a folder may import itself', `${server}/doors/a.ts`, `import './b.ts'`],
  ['a folder may not import one to its right', `${server}/grants/a.ts`, `import '../doors/b.ts'`, '1 import'],
  ['nor its types', `${server}/crypto/a.ts`, `import type { A } from '../cli/b.ts'`, '1 import'],
  ['nor re-export it', `${server}/crypto/index.ts`, `export * from '../cli/b.ts'`, '1 import'],
  ['nor import it later', `${server}/crypto/a.ts`, `await import('../cli/b.ts')`, '1 import'],
  ['nor name its type in place', `${server}/crypto/a.ts`, `type A = import('../cli/b.ts').A`, '1 import'],
  ['folders on one step stay apart', `${server}/pages/a.ts`, `import '../store/b.ts'`, '1 import'],
  ['grants and checks stay apart', `${server}/grants/a.ts`, `import '../checks/b.ts'`, '1 import'],
  ['a folder outside the order is refused', `${server}/extras/a.ts`, `import './b.ts'`, '1 import'],
  ['no folder imports the index', `${server}/cli/a.ts`, `import '../index.ts'`, '1 import'],
  ['the index may import anything', `${server}/index.ts`, `import './cli/b.ts'\nimport './crypto/b.ts'`],
  ['a check may import the guard', `${server}/checks/a.ts`, `import '@sallyport/guard'`],
  ['the store may not import the guard', `${server}/store/a.ts`, `import '@sallyport/guard'`, '1 import'],
  ['only create.ts chooses a driver', `${server}/server/a.ts`, `import '../store/sqlite.ts'`, '1 import'],
  [
    'a driver does not know the other',
    `${server}/store/sqlite/a.ts`,
    `import '../postgres/b.ts'`,
    '1 import',
  ],
  [
    'create.ts does',
    `${server}/server/create.ts`,
    `import '../store/sqlite.ts'\nimport '../store/postgres/a.ts'`,
  ],
  ['a computed import is refused', `${server}/doors/a.ts`, `const a = 'b'\nawait import(a)`, '2 import'],
  ['the configuration is a computed import', `${server}/server/config.ts`, `const a = 'b'\nawait import(a)`],
  ['protocol hashes', 'packages/protocol/src/a.ts', `import { createHash } from 'node:crypto'`],
  [
    'protocol has no chance',
    'packages/protocol/src/a.ts',
    `import { randomBytes } from 'node:crypto'`,
    '1 import',
  ],
  ['protocol reads no files', 'packages/protocol/src/a.ts', `import 'node:fs'`, '1 import'],
  [
    'protocol has no dependencies',
    'packages/protocol/src/a.ts',
    `import 'fastify'`,
    '1 import',
    '1 undeclared',
  ],
  ['guard uses protocol', 'packages/guard/src/a.ts', `import '@sallyport/protocol'\nimport 'node:http'`],
  ['guard uses nothing else', 'packages/guard/src/a.ts', `import 'pino'`, '1 import'],
  ['client runs where there is no Node', 'packages/client/src/a.ts', `import 'node:fs'`, '1 import'],
  ['but for its file storage', 'packages/client/src/file.ts', `import 'node:fs'`],
  ['client uses no package', 'packages/client/src/a.ts', `import '@sallyport/protocol'`, '1 import'],
  ['a door serves the script', `${server}/doors/a.ts`, `import '@sallyport/client/widget-script'`],
  ['the server uses no more of the client', `${server}/doors/a.ts`, `import '@sallyport/client'`, '1 import'],
  ['a platform uses packages', 'platforms/osir/src/a.ts', `import 'sallyport'\nimport './b.ts'`],
  [
    'a platform reaches into no folder',
    'platforms/osir/src/a.ts',
    `import '../../../packages/guard/src/a.ts'`,
    '1 import',
  ],
  ['an import is declared', `${server}/doors/a.ts`, `import 'express'`, '1 undeclared'],
  ['also a deep one', `${server}/doors/a.ts`, `import '@fastify/cors/types'`, '1 undeclared'],
  ['types come from development', 'platforms/osir/src/a.ts', `import type { A } from 'express'`],
  ['but nothing that runs', 'platforms/osir/src/a.ts', `import { A } from 'express'`, '1 undeclared'],
  ['node: is written out', `${server}/doors/a.ts`, `import 'fs'`, '1 undeclared'],
])

table('store/contract has types only', [
  [
    'types',
    `${server}/store/contract/a.ts`,
    `import type { B } from './b.ts'\n${doc}export interface A { readonly b: B }`,
  ],
  ['a constant', `${server}/store/contract/a.ts`, `${doc}export const a = 1`, '2 types-only'],
  ['an import that runs', `${server}/store/contract/a.ts`, `import { type B } from './b.ts'`, '1 types-only'],
  ['a re-export that runs', `${server}/store/contract/index.ts`, `export * from './b.ts'`, '1 types-only'],
  ['a re-export of types', `${server}/store/contract/index.ts`, `export type * from './b.ts'`],
])

table('process.env', [
  ['is read in config.ts', `${server}/server/config.ts`, 'process.env.A'],
  ['and nowhere else', 'packages/guard/src/a.ts', 'process.env.A', '1 environment'],
  ['by no other name', `${server}/cli/a.ts`, `import p from 'node:process'\np.env.A`, '2 environment'],
  ['nor taken apart', `${server}/cli/a.ts`, 'const { env } = process', '1 environment'],
  ['nor through globalThis', `${server}/cli/a.ts`, `globalThis.process['env']`, '1 environment'],
  ['nor imported', `${server}/cli/a.ts`, `import { env } from 'node:process'`, '1 environment'],
  ['other parts of process are free', `${server}/cli/a.ts`, 'process.argv'],
])

table('the clock and chance', [
  ['Date.now', `${server}/grants/a.ts`, 'Date.now()', '1 clock'],
  ['Date.now handed on', `${server}/grants/a.ts`, 'const clock = Date.now', '1 clock'],
  ['new Date()', 'platforms/osir/src/a.ts', 'new Date()', '1 clock'],
  ['Date()', 'packages/guard/src/a.ts', 'Date()', '1 clock'],
  ['Math.random', `${server}/crypto/a.ts`, 'Math.random()', '1 clock'],
  ['a date of something', `${server}/grants/a.ts`, 'new Date(1000)'],
  ['the file that may', `${server}/server/clock.ts`, 'Date.now()'],
])

test('a cycle is found once, where it closes', () => {
  const files = {
    'packages/guard/src/a.ts': `import './b.ts'`,
    'packages/guard/src/b.ts': `import './c.ts'`,
    'packages/guard/src/c.ts': `import './d.ts'\nimport { type A } from './a.ts'`,
    'packages/guard/src/d.ts': '',
  }
  assert.deepEqual(broken(files), ['2 cycle'])
  assert.deepEqual(broken({ ...files, 'packages/guard/src/c.ts': `import type { A } from './a.ts'` }), [])
})

table('size', [
  ['300 lines', `${server}/cli/a.ts`, lines(300)],
  ['301 lines', `${server}/cli/a.ts`, lines(301), '1 file-lines'],
  ['a function of 60 lines', `${server}/cli/a.ts`, `function a() {\n${lines(58)}}`],
  ['a function of 61 lines', `${server}/cli/a.ts`, `function a() {\n${lines(59)}}`, '1 function-lines'],
  ['also an arrow', `${server}/cli/a.ts`, `const a = () => {\n${lines(59)}}`, '1 function-lines'],
  ['also a method', `${server}/cli/a.ts`, `class A {\n  a() {\n${lines(59)}}}`, '2 function-lines'],
  ['4 parameters', `${server}/cli/a.ts`, 'function a(this: A, b: B, c: B, d: B, e: B) {}'],
  ['5 parameters', `${server}/cli/a.ts`, 'function a(b: B, c: B, d: B, e: B, f: B) {}', '1 parameters'],
  [
    '5 in an interface',
    `${server}/cli/a.ts`,
    'interface A {\n a(b: B, c: B, d: B, e: B, ...f: B[]): void }',
    '2 parameters',
  ],
])

table('exports', [
  ['with a comment', 'tools/a.ts', `${doc}export const a = 1`],
  ['without', 'tools/a.ts', 'export const a = 1', '1 undocumented'],
  ['a type without', 'tools/a.ts', 'export type A = 1', '1 undocumented'],
  ['a plain comment is not one', 'tools/a.ts', '/* Says. */\nexport const a = 1', '2 undocumented'],
  ['tags alone are not one', 'tools/a.ts', '/** @see RFC 6749 */\nexport const a = 1', '2 undocumented'],
  [
    'one of the statement above is not one',
    'tools/a.ts',
    `${doc}const a = 1\nexport const b = 1`,
    '3 undocumented',
  ],
  ['a line comment may stand between', 'tools/a.ts', `${doc}// why\nexport const a = 1`],
  [
    'one for all overloads',
    'tools/a.ts',
    `${doc}export function a(b: 1): 1\nexport function a(b: 2): 2\nexport function a(b: 1 | 2) {}`,
  ],
  ['a name exported further down', 'tools/a.ts', `${doc}const a = 1\nexport { a }`],
  ['a re-export in an index', 'tools/index.ts', `export { a } from './a.ts'\nexport * from './b.ts'`],
  ['a re-export elsewhere', 'tools/a.ts', `export * from './b.ts'`, '1 undocumented'],
])

table('syntax', [
  ['any', 'tools/a.ts', 'let a: any', '1 any'],
  ['a comment or string with any', 'tools/a.ts', `// any\nconst a = 'any'`],
  ['a non-null assertion', 'tools/a.ts', 'a!.b', '1 non-null'],
  ['a promised assignment', 'tools/a.ts', 'let a!: string', '1 non-null'],
  ['an enum', 'tools/a.ts', 'enum A { b }', '1 enum'],
  ['a default export', 'tools/a.ts', 'export default 1', '1 default-export'],
  ['a default export by name', 'tools/a.ts', `${doc}export { a as default }`, '2 default-export'],
  ['a file that does not parse', 'tools/a.ts', 'const = 1', '1 syntax'],
  ['a name that says nothing', 'tools/utils.ts', '', '1 name'],
  ['also as an ending', `${server}/grants/token-manager.ts`, '', '1 name'],
  ['also of a folder', `${server}/grants/helpers/a.ts`, '', '1 name'],
  ['a name that only begins so', `${server}/crypto/base64.ts`, ''],
])

// Put together here, so that this file itself stays clean.
const machine = ['', 'work', 'main'].join('/')
const host = ['registry', 'npmjs', 'org'].join('.')
table('words', [
  ['a path of one machine', 'docs/a.md', `see ${machine}`, '1 words'],
  ['the end of a longer path', 'docs/a.md', `https://example.org/home${machine}`],
  ['a registry', 'a.json', `\n{"a": "https://${host}/a"}`, '2 words'],
  ['code that has a registry', `${server}/cli/a.ts`, 'registry.clients.get(1)'],
])

test('a lock file with a hole', () => {
  const lock = (packages: object): string => JSON.stringify({ packages })
  const asks = { optionalDependencies: { 'a-win32': '1' } }
  assert.deepEqual(broken({ 'package-lock.json': lock({ '': {}, 'node_modules/a': asks }) }), ['1 lock'])
  assert.deepEqual(
    broken({ 'package-lock.json': lock({ 'node_modules/a': asks, 'node_modules/a-win32': {} }) }),
    [],
  )
  assert.deepEqual(
    broken({ 'package-lock.json': lock({ 'packages/a': asks, 'node_modules/a-win32': {} }) }),
    [],
  )
  const nested = { 'node_modules/a/node_modules/b': asks, 'node_modules/a/node_modules/a-win32': {} }
  assert.deepEqual(broken({ 'package-lock.json': lock(nested) }), [])
})
