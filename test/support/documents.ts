import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, send } from './http.ts'

/** The four source documents, as they were published. */
export type DocumentName = 'oshara' | 'openchatstudio' | 'charp' | 'osir'

/** The text of a document. */
export function documentText(name: DocumentName): string {
  return readFileSync(join(import.meta.dirname, '../vectors/documents', `${name}.txt`), 'utf8')
}

/** Fails unless the document has this text, byte for byte: what a flow sends is what was published. */
export function assertQuoted(name: DocumentName, quoted: string): void {
  assert.ok(documentText(name).includes(quoted), `the ${name} document does not contain:\n${quoted}`)
}

/** A command line as words, by the shell's rules for quotes and line continuations. */
export function shellWords(line: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
      else word = (word ?? '') + char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (char === '\\' && line[index + 1] === '\n') index += 1
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  return word === undefined ? words : [...words, word]
}

/**
 * Runs a published curl line against a server: `replace` puts this server's address and this run's secrets where the
 * document has its own. One page lost its line breaks, which left ` \ -H`; there the backslash ends a line again.
 */
export function curl(line: string, replace: Readonly<Record<string, string>>): Promise<Answer> {
  const [command, ...words] = shellWords(line.replaceAll(' \\ -', ' \\\n -'))
  assert.equal(command, 'curl')
  const fill = (word: string) =>
    Object.entries(replace).reduce((text, [from, to]) => text.replaceAll(from, to), word)
  const headers: Record<string, string> = {}
  const data: string[] = []
  let method: string | undefined
  let url = ''
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '-X') method = words[(index += 1)]
    else if (word === '-d') data.push(fill(words[(index += 1)] ?? ''))
    else if (word === '-H') {
      const [name = '', ...value] = fill(words[(index += 1)] ?? '').split(': ')
      headers[name] = value.join(': ')
    } else url = fill(word)
  }
  // As curl does: several -d are one form, and a form is what a body is unless a header says otherwise.
  const body = data.length > 0 ? data.join('&') : undefined
  if (body !== undefined) headers['Content-Type'] ??= 'application/x-www-form-urlencoded'
  return send(url, { headers, ...(method !== undefined && { method }), ...(body !== undefined && { body }) })
}
