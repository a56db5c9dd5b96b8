import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiScopes, doors } from '../src/preset.ts'

test('preset: a key can be given what the API asks for, and nothing that is about people', () => {
  const keys = doors.find(({ id }) => id === 'openchatstudio-keys')
  assert.ok(keys?.kind === 'keys')
  assert.deepEqual(Object.keys(keys.scopes).sort(), [
    'chatbot:read',
    'chatbot:write',
    'session:read',
    'session:write',
  ])
  assert.equal(keys.readOnlyDefault, true)
})

test('preset: an app can ask for all of these and for who the person is, each in words', () => {
  const apps = doors.find(({ id }) => id === 'openchatstudio')
  assert.ok(apps?.kind === 'apps')
  assert.deepEqual(Object.keys(apps.scopes).sort(), [...Object.keys(apiScopes), 'openid', 'profile'].sort())
  for (const words of Object.values(apps.scopes)) assert.match(words, /^[A-Z][a-z]+ .+/)
  assert.equal(apps.pkce, 'required')
})
