import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError, statusOf } from '../src/index.ts'

test('errors: a refusal has the status of its code, a public description, and a detail for the log', () => {
  const cause = new Error('why')
  const error = new ProtocolError('rate_limited', 'Too many.', {
    detail: 'ip',
    cause,
    retryAfter: 60,
    headers: { A: 'b' },
  })
  assert.equal(error instanceof Error, true)
  assert.deepEqual(
    [
      error.name,
      error.code,
      error.status,
      error.message,
      error.detail,
      error.cause,
      error.retryAfter,
      error.headers,
    ],
    ['ProtocolError', 'rate_limited', 429, 'Too many.', 'ip', cause, 60, { A: 'b' }],
  )
})

test('errors: a refusal without options has none', () => {
  const error = new ProtocolError('not_found', 'No such thing.')
  assert.deepEqual(
    [error.status, error.detail, error.retryAfter, error.fields, error.headers],
    [404, undefined, undefined, undefined, {}],
  )
  assert.equal('cause' in error, false)
})

test('errors: messages by field are carried as they are', () => {
  const fields = { password: ['This field is required.'] }
  assert.deepEqual(new ProtocolError('field_errors', 'Invalid.', { fields }).fields, fields)
})

test('errors: the statuses of the specifications', () => {
  const statuses = [
    statusOf('invalid_client'),
    statusOf('invalid_grant'),
    statusOf('insufficient_scope'),
    statusOf('unavailable'),
  ]
  assert.deepEqual(statuses, [401, 400, 403, 503])
})
