import assert from 'node:assert/strict'
import { test } from 'node:test'
import { samples } from './samples.ts'

type Path = readonly (string | number)[]

/** The path of every string in a model, and of every name that its records may have. */
function textsIn(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value === 'string') return [at]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...at, key]))
}

/** A copy of the model with another text at one path. */
function withText(value: unknown, [key, ...rest]: Path, text: string): unknown {
  if (key === undefined) return text
  if (Array.isArray(value))
    return value.map((item, n) => (n === Number(key) ? withText(item, rest, text) : item))
  return Object.fromEntries(
    Object.entries(value as object).map(([name, inner]) => [
      name,
      name === key ? withText(inner, rest, text) : inner,
    ]),
  )
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char)

/** Tags with their attribute names, values and text left out: what injected markup would change. */
const skeleton = (html: string) =>
  [...html.matchAll(/<(\/?[a-z][a-z0-9]*|!doctype)((?:[^>"]|"[^"]*")*)>/gi)].map(
    ([, tag, attributes = '']) =>
      `${tag} ${[...attributes.replace(/"[^"]*"/g, '').matchAll(/[a-z-]+/g)].join(' ')}`,
  )

const hostile = [
  `"><script>alert(1)</script>`,
  `' onfocus='alert(1)' x='`,
  '&lt;b&gt; &amp; &',
  'one\ntwo\r\nthree',
  `<%= it.csrf %><% throw new Error('evaluated') %>%>`,
  '${it.csrf}`\\',
  '</title></textarea></style><svg onload=alert(1)>',
  '__proto__',
]
const isAddress = (path: Path) => /(?:action|href)$/i.test(String(path.at(-1)))

/** A moment that can't be read is shown as it is, without its `<time>`: that tag alone may go. */
const skeletonAt = (path: Path, html: string) =>
  skeleton(html).filter((tag) => !(String(path.at(-1)).endsWith('At') && /^\/?time /.test(tag)))

/** Left empty, these links are left out. */
const isOptional = (path: Path) => ['signUpHref', 'googleHref', 'returnHref'].includes(String(path.at(-1)))

for (const { name, model, render } of samples) {
  const plain = render(model as object)
  for (const path of textsIn(model)) {
    test(`escaping: ${name} prints ${path.join('.')} as text`, () => {
      for (const text of hostile) {
        const put = isAddress(path) ? `/x${text.replace(/\s/g, '')}` : text
        const html = render(withText(model, path, put) as object)
        assert.ok(html.includes(escaped(put)), `the text is there: ${put}`)
        assert.deepEqual(
          skeletonAt(path, html),
          skeletonAt(path, plain),
          `the page has the same tags: ${put}`,
        )
      }
    })
    if (isAddress(path))
      test(`escaping: ${name} refuses a foreign scheme at ${path.join('.')}`, () => {
        const refused = [
          'javascript:alert(1)',
          ' javascript:alert(1)',
          'data:text/html,x',
          '//evil.example',
          '/\\evil.example',
          '/a\nb',
          '/\t/evil.example',
          'https:/evil.example',
          'https:///evil.example',
          ...(isOptional(path) ? [] : ['']),
        ]
        for (const text of refused)
          assert.throws(() => render(withText(model, path, text) as object), TypeError, text)
      })
  }
}
