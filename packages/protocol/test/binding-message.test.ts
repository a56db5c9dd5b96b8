import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBindingMessage, parseRequestedExpiry } from '../src/index.ts'

const messages: [name: string, text: string, ok: boolean][] = [
  ['a short code', 'W4SCT', true],
  ['words of any language', 'Überweisung 12,50 € an 田中', true],
  ['64 characters', 'x'.repeat(64), true],
  ['65 characters', 'x'.repeat(65), false],
  ['nothing', '', false],
  ['a space first', ' W4SCT', false],
  ['two lines', 'pay 1\nto A', false],
  ['a character that turns the order of others', 'pay \u202E1', false],
  ['a character that can’t be seen', 'pay\u200B1', false],
  ['half a character', 'pay \uD83D', false],
]
for (const [name, text, ok] of messages) {
  test(`CIBA §7.1, binding_message: ${name} is ${ok ? 'taken' : 'refused'}`, () =>
    assert.equal(isBindingMessage(text), ok))
}

const expiries: [text: string | undefined, seconds: number | undefined][] = [
  [undefined, 600],
  ['60', 60],
  ['600', 600],
  ['86400', 600],
  ['0', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e2', undefined],
  ['', undefined],
  ['9999999999', undefined],
]
for (const [text, seconds] of expiries) {
  test(`CIBA §7.1, requested_expiry: ${text ?? 'none'} is ${seconds ?? 'refused'}`, () =>
    assert.equal(parseRequestedExpiry(text, 600), seconds))
}
