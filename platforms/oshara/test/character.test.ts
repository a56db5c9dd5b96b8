import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCharacter } from '../src/character.ts'

const long = (length: number) => 'x'.repeat(length)

const cases: [name: string, body: Readonly<Record<string, unknown>>, wrong: readonly string[]][] = [
  ['nothing at all is no change', {}, []],
  ['a member that nobody knows is left alone', { voice: 1 }, []],
  ['every member as it should be', { name: 'a', system_prompt: 'b', greeting: 'c', is_active: false }, []],
  ['a name of 200 characters', { name: long(200) }, []],
  ['a name of 201', { name: long(201) }, ['name']],
  ['a name that is null', { name: null }, ['name']],
  ['a greeting that is a number', { greeting: 5 }, ['greeting']],
  ['an appearance of members', { appearance: { color: '#f00', shape: { round: true } } }, []],
  ['an appearance that is a list', { appearance: [] }, ['appearance']],
  ['an appearance that is text', { appearance: 'red' }, ['appearance']],
  ['an appearance that is null', { appearance: null }, ['appearance']],
  ['an appearance that is too much', { appearance: { image: long(4_000) } }, ['appearance']],
  ['no origins', { allowed_origins: [] }, []],
  ['one origin that is not in a list', { allowed_origins: 'https://a.example' }, ['allowed_origins']],
  ['an origin that is no text', { allowed_origins: [1] }, ['allowed_origins']],
  ['an active that is a number', { is_active: 1 }, ['is_active']],
  ['a limit of none', { session_limit: 0 }, []],
  ['a limit below none', { session_limit: -1 }, ['session_limit']],
  ['half a session', { session_limit: 1.5 }, ['session_limit']],
  [
    'all that is wrong is told at once',
    { name: 1, appearance: 1, is_active: 1 },
    ['appearance', 'is_active', 'name'],
  ],
]
for (const [name, body, wrong] of cases) {
  test(`character: ${name}: ${wrong.length === 0 ? 'ok' : 'refused'}`, () => {
    const read = readCharacter(body)
    assert.deepEqual(read.outcome === 'refuse' ? Object.keys(read.fields).sort() : [], wrong)
  })
}

test('character: what was left out is left out, not emptied', () => {
  const read = readCharacter({ greeting: 'hi', session_limit: 3 })
  assert.deepEqual(read, { outcome: 'ok', change: { sessionLimit: 3 }, content: { greeting: 'hi' } })
})
