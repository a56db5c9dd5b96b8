import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSource } from '../house/source.ts'
import { checkTests } from '../house/tests.ts'

/** The rules a test file breaks, in source order. */
function broken(text: string): readonly string[] {
  return checkTests(parseSource('test/flows/a.test.ts', text)).map((one) => one.rule)
}

const fine = [
  `test('a', () => { assert.equal(a(), 1) })`,
  `test('a', () => assert(a()))`,
  `test('a', async () => { await assert.rejects(a()) })`,
  `test('a', (t) => { t.assert.ok(a()) })`,
  `it('a', () => { fc.assert(fc.property(b, c)) })`,
  `import { expectReply } from '../support/reply.ts'\ntest('a', () => expectReply(a()))`,
  `import { checkReply } from '../support/reply.ts'\ntest('a', checkReply)`,
  `function refuses(a) { assert.equal(a, 1) }\ntest('a', () => refuses(2))`,
  `const refuses = (a) => { deeper(a) }\nfunction deeper(a) { assert.ok(a) }\ntest('a', () => { refuses(2) })`,
  `function run(a) { return () => assert.ok(a) }\ntest('a', run(1))`,
  `test('a', async (t) => { await t.test('b', () => assert.ok(b())) })`,
  `const row = (a) => assert.ok(a)\ntest('a', () => list().forEach(row))`,
  `describe('a', () => {})`,
  `const a = /b/.test(c)`,
  `test('a', { skip: 'needs a browser' }, () => assert.ok(b()))`,
  `test('a', { skip: found ? false : 'needs a browser' }, () => assert.ok(b()))`,
  `test('a', { skip: !found && 'needs a browser' }, () => assert.ok(b()))`,
  `test('a', { skip: missing }, () => assert.ok(b()))`,
  `test('a', (t) => { if (b) return t.skip('needs a browser'); assert.ok(c()) })`,
]
for (const text of fine) test(`fine: ${text}`, () => assert.deepEqual(broken(text), []))

const refused: readonly (readonly [text: string, ...rules: string[]])[] = [
  [`test('a', () => {})`, 'asserts-nothing'],
  [`it('a', async () => { await b() })`, 'asserts-nothing'],
  [`test('a')`, 'asserts-nothing'],
  [`test('a', () => assert.ok(true))`, 'asserts-nothing'],
  [`test('a', () => assert.equal(1, 1))`, 'asserts-nothing'],
  [`function run() { b() }\ntest('a', () => run())`, 'asserts-nothing'],
  [`function run() { run() }\ntest('a', () => run())`, 'asserts-nothing'],
  [`test('a', async (t) => { await t.test('b', () => {}) })`, 'asserts-nothing', 'asserts-nothing'],
  [`import { checkApiKey } from 'sallyport'\ntest('a', () => checkApiKey(b))`, 'asserts-nothing'],
  [`import { checkApiKey } from '../../packages/server/src/a.ts'\ntest('a', checkApiKey)`, 'asserts-nothing'],
  [`test('a', () => guard.check(request))`, 'asserts-nothing'],
  [`test.only('a', () => assert.ok(b()))`, 'only'],
  [`describe.only('a', () => {})`, 'only'],
  [`test('a', { only: true }, () => assert.ok(b()))`, 'only'],
  [`test.skip('a', () => assert.ok(b()))`, 'skip'],
  [`describe.skip('a', () => {})`, 'skip'],
  [`test('a', { skip: true }, () => assert.ok(b()))`, 'skip'],
  [`test('a', { skip: !found }, () => assert.ok(b()))`, 'skip'],
  [`test('a', { todo: true }, () => assert.ok(b()))`, 'todo'],
  [`test('a', (t) => { t.skip(); assert.ok(b()) })`, 'skip'],
  [`test('a', () => { assert.rejects(b()) })`, 'not-awaited'],
  [`test('a', () => { fc.assert(fc.asyncProperty(b, c)) })`, 'not-awaited'],
]
for (const [text, ...rules] of refused) test(`refused: ${text}`, () => assert.deepEqual(broken(text), rules))
