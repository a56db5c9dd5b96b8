import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const runner = fileURLToPath(new URL('../test.ts', import.meta.url))
const start = `import { test } from 'node:test'\n`

/** Runs the test files, given by name, the way `npm test` does. */
function runTests(files: Readonly<Record<string, string>>): {
  readonly status: number | null
  readonly last: string
  readonly output: string
} {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-run-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    // A runner that finds itself below another one would report to that instead.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const { status, stdout, stderr } = spawnSync(process.execPath, [runner, folder], {
      encoding: 'utf8',
      env,
    })
    return { status, last: stdout.trimEnd().split('\n').at(-1) ?? '', output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const cases: readonly (readonly [name: string, text: string, last: string, status: number])[] = [
  ['tests that pass', `test('a', () => {})\ntest('b', () => {})`, '2 passed, 0 failed, 0 skipped', 0],
  [
    'a test that fails',
    `test('a', () => { throw new Error('no') })\ntest('b', () => {})`,
    '1 passed, 1 failed, 0 skipped',
    1,
  ],
  [
    'a test left out',
    `test('a', { skip: 'why' }, () => {})\ntest('b', () => {})`,
    '1 passed, 0 failed, 1 skipped',
    0,
  ],
  [
    'a suite left out',
    `import { describe } from 'node:test'\ndescribe('s', { skip: 'why' }, () => { test('a', () => {}) })\ntest('b', () => {})`,
    '1 passed, 0 failed, 1 skipped',
    0,
  ],
  ['nothing but tests left out', `test('a', { skip: 'why' }, () => {})`, '0 passed, 0 failed, 1 skipped', 1],
  ['a file that crashes', `throw new Error('no')`, '0 passed, 1 failed, 0 skipped', 1],
  ['a file that is no TypeScript', 'const = 1', '0 passed, 1 failed, 0 skipped', 1],
  ['a file without tests', 'void test', '0 passed, 1 failed, 0 skipped', 1],
  ['a test that leaves the process', `test('a', () => process.exit(0))`, '0 passed, 1 failed, 0 skipped', 1],
  [
    'a file that ends badly',
    `test('a', () => {})\nprocess.on('exit', () => { process.exitCode = 3 })`,
    '1 passed, 1 failed, 0 skipped',
    1,
  ],
]
for (const [name, text, last, status] of cases) {
  test(`the run of ${name} ends with its counts`, () => {
    const ran = runTests({ 'a.test.ts': start + text })
    assert.deepEqual([ran.last, ran.status], [last, status], ran.output)
  })
}

test('a file whose only suite is left out has not failed', () => {
  const left = `import { describe, test } from 'node:test'\ndescribe('s', { skip: 'why' }, () => { test('a', () => {}) })`
  const ran = runTests({ 'a.test.ts': left, 'b.test.ts': `${start}test('b', () => {})` })
  assert.deepEqual([ran.last, ran.status], ['1 passed, 0 failed, 1 skipped', 0], ran.output)
})

test('a run without test files fails', () => {
  const ran = runTests({ 'a.ts': start })
  assert.deepEqual([ran.last, ran.status], ['0 passed, 0 failed, 0 skipped', 1], ran.output)
})

test('a run shows what failed and what its file wrote, and not what passed', () => {
  const ran = runTests({
    'a.test.ts': `${start}test('quiet', () => { console.log('unheard') })`,
    'b.test.ts': `${start}test('whole', (t) => t.test('part', () => { console.log('heard'); throw new Error('no') }))`,
  })
  for (const shown of [/whole/, /part/, /heard/, /Error: no/, /✔ .*a\.test\.ts \(1\)/])
    assert.match(ran.output, shown)
  for (const hidden of [/quiet/, /unheard/]) assert.doesNotMatch(ran.output, hidden)
})

test('what is left out is told, with its reason', () => {
  const suite = `import { describe } from 'node:test'\ndescribe('s', { skip: 'why not' }, () => { test('a', () => {}) })`
  const { output } = runTests({
    'a.test.ts': `${start}${suite}\ntest('b', { skip: true }, () => {})\ntest('c', () => {})`,
  })
  assert.match(output, /^﹣ skipped: s: why not$/m)
  assert.match(output, /^﹣ skipped: b$/m)
})
