import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkFiles } from '../house/check.ts'
import { readFiles } from '../house/files.ts'

test('the repository keeps the rules of the house', () => {
  const broken = checkFiles(readFiles(fileURLToPath(new URL('../..', import.meta.url))))
  assert.equal(
    broken.map(({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`).join('\n'),
    '',
  )
})
