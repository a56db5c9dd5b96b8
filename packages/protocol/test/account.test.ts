import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkNewPassword, parseEmail } from '../src/index.ts'

const emails: [text: string, expected: string | undefined][] = [
  ['you@example.com', 'you@example.com'],
  [' YOU@Example.com ', 'you@example.com'],
  ['first.last+tag@sub.example.co', 'first.last+tag@sub.example.co'],
  [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ['nope', undefined],
  ['', undefined],
  ['@example.com', undefined],
  ['you@', undefined],
  ['you@localhost', undefined],
  ['you@example', undefined],
  ['you@127.0.0.1', undefined],
  ['you@-example.com', undefined],
  ['you@example..com', undefined],
  ['you@example.com.', undefined],
  ['.you@example.com', undefined],
  ['y..ou@example.com', undefined],
  ['a@b@example.com', undefined],
  ['y ou@example.com', undefined],
  ['you@example.com\nBcc: x@example.com', undefined],
  ['"you"@example.com', undefined],
  ['you@exaмple.com', undefined],
  ['\u212A@example.com', undefined],
  [`${'a'.repeat(65)}@example.com`, undefined],
  [`a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(10)}`, undefined],
]
for (const [text, expected] of emails) {
  test(`email: ${JSON.stringify(text.slice(0, 50))} is ${expected ?? 'refused'}`, () =>
    assert.equal(parseEmail(text), expected))
}

const context = { email: 'longname@example.com' }
const passwords: [name: string, password: string, says: RegExp | undefined][] = [
  ['the eight bullets of the document', '••••••••', undefined],
  ['eight characters outside the basic plane', '😀'.repeat(8), undefined],
  ['seven of them', '😀'.repeat(7), /at least 8/],
  ['seven characters', 'abcdefg', /at least 8/],
  ['spaces', '        ', undefined],
  ['256 characters', '😀'.repeat(256), undefined],
  ['257 characters', 'a'.repeat(257), /at most 256/],
  ['a megabyte', 'a'.repeat(1 << 20), /at most 256/],
  ['the address', 'LongName@example.com', /same as the email/],
  ['its first part', 'longname', /same as the email/],
  ['a NUL', 'abcdefgh\0', /not allowed/],
  ['a lone surrogate', 'abcdefgh\ud800', /not allowed/],
]
for (const [name, password, says] of passwords) {
  test(`password: ${name} is ${says ? 'refused' : 'fine'}`, () => {
    const reason = checkNewPassword(password, context)
    if (says === undefined) assert.equal(reason, undefined)
    else assert.match(reason ?? '', says)
  })
}

test('password: the minimum is a setting', () => {
  assert.match(checkNewPassword('abcdefgh', { ...context, minLength: 12 }) ?? '', /at least 12/)
  assert.equal(checkNewPassword('abcdefghijkl', { ...context, minLength: 12 }), undefined)
})
