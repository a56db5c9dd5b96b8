import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorPages, stalePages } from '../docs/errors.ts'

test('docs/errors has the page of every error code, as the server shows it', () => {
  assert.ok(errorPages().size > 30)
  assert.deepEqual(stalePages(), [], 'run npm run docs')
})
