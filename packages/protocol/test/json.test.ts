import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonObject } from '../src/index.ts'

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`

const refused: [name: string, body: string, reason: string][] = [
  ['nothing', '', 'syntax'],
  ['a brace', '{bad', 'syntax'],
  ['a trailing comma in an object', '{"a":1,}', 'syntax'],
  ['a trailing comma in an array', '{"a":[1,]}', 'syntax'],
  ['a trailing comma further down', '{"a":{"b":1,}}', 'syntax'],
  ['text after the object', '{} x', 'syntax'],
  ['two objects', '{}{}', 'syntax'],
  ['single quotes', "{'a':1}", 'syntax'],
  ['a comment', '{/**/}', 'syntax'],
  ['a byte order mark', '\uFEFF{}', 'syntax'],
  ['a no-break space', '{\u00A0}', 'syntax'],
  ['a leading zero', '{"a":01}', 'syntax'],
  ['a leading plus', '{"a":+1}', 'syntax'],
  ['a bare point', '{"a":.5}', 'syntax'],
  ['a hexadecimal number', '{"a":0x1}', 'syntax'],
  ['NaN', '{"a":NaN}', 'syntax'],
  ['a number out of range', '{"a":1e999}', 'syntax'],
  ['a word that begins like true', '{"a":truex}', 'syntax'],
  ['a raw line feed in a string', '{"a":"\n"}', 'syntax'],
  ['a raw NUL', '{"a":"\0"}', 'syntax'],
  ['an escaped NUL', '{"a":"\\u0000"}', 'syntax'],
  ['a lone surrogate', '{"a":"\\ud800"}', 'syntax'],
  ['a raw lone surrogate', '{"a":"\ud800"}', 'syntax'],
  ['a lone surrogate in a name', '{"\\udc00":1}', 'syntax'],
  ['a bad escape', '{"a":"\\x41"}', 'syntax'],
  ['an open string', '{"a":"b', 'syntax'],
  ['an array', '[]', 'not-object'],
  ['null', 'null', 'not-object'],
  ['a string', '"x"', 'not-object'],
  ['a number', ' 1 ', 'not-object'],
  ['a repeated member', '{"a":1,"a":1}', 'duplicate'],
  ['a repeated member further down', '{"x":[{"a":1,"b":2,"a":3}]}', 'duplicate'],
  ['a member repeated by an escape', '{"a":1,"\\u0061":2}', 'duplicate'],
  ['__proto__', '{"__proto__":{"admin":true}}', 'forbidden-member'],
  ['__proto__ further down', '{"a":[{"__proto__":1}]}', 'forbidden-member'],
  ['__proto__ by an escape', '{"\\u005f_proto__":1}', 'forbidden-member'],
  ['constructor', '{"constructor":{"prototype":{}}}', 'forbidden-member'],
  ['prototype', '{"prototype":1}', 'forbidden-member'],
  ['33 levels', nested(33), 'syntax'],
  ['100 000 levels', `{"a":${'['.repeat(100_000)}`, 'syntax'],
]
for (const [name, body, reason] of refused) {
  test(`json: ${name} is refused as ${reason}`, () => {
    const result = parseJsonObject(body)
    assert.equal(result.outcome === 'refuse' && result.reason, reason)
  })
}

test('json: the values are those of JSON.parse', () => {
  const body =
    ' {"s":"a\\"\\\\\\/\\b\\n\\u00e9\\ud83d\\ude00é😀","n":[0,-0.5,1e3,-12E-2],"t":true,"f":false,"z":null,"o":{"":[]},"e":{}} '
  const result = parseJsonObject(body)
  assert.equal(result.outcome, 'ok')
  assert.equal(result.outcome === 'ok' && JSON.stringify(result.value), JSON.stringify(JSON.parse(body)))
})

test('json: 32 levels are read', () => assert.equal(parseJsonObject(nested(32)).outcome, 'ok'))

test('json: objects have no prototype at any depth', () => {
  const result = parseJsonObject('{"a":[{}]}')
  assert.equal(result.outcome, 'ok')
  if (result.outcome !== 'ok') return
  assert.equal(Object.getPrototypeOf(result.value), null)
  assert.equal('toString' in result.value, false)
  assert.equal(Array.isArray(result.value['a']) && Object.getPrototypeOf(result.value['a'][0]), null)
})

test('json: a name is told only when it is harmless', () => {
  assert.deepEqual(parseJsonObject('{"client_id":1,"client_id":2}'), {
    outcome: 'refuse',
    reason: 'duplicate',
    description: 'member client_id is repeated',
  })
  const odd = parseJsonObject('{"<b>":1,"<b>":2}')
  assert.equal(odd.outcome === 'refuse' && odd.description, 'a member is repeated')
})

test('json: what JSON.stringify writes is read back, unless a rule forbids it', () => {
  const objects = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }), {
    noNullPrototype: true,
  })
  fc.assert(
    fc.property(objects, (value) => {
      const result = parseJsonObject(JSON.stringify(value))
      if (result.outcome === 'ok') assert.equal(JSON.stringify(result.value), JSON.stringify(value))
      else assert.match(result.description, /not allowed$/)
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('json: nothing that JSON.parse refuses is read', () => {
  const bodies = fc.string({ unit: fc.constantFrom(...'{}[]",:0-.e\\ntu af'), maxLength: 12 })
  fc.assert(
    fc.property(bodies, (body) => {
      const result = parseJsonObject(`{"a":${body}}`)
      if (result.outcome === 'ok') JSON.parse(`{"a":${body}}`)
    }),
    { seed: 1, numRuns: 3000 },
  )
})
