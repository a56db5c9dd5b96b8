import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { newPerson, type Person } from '../support/actors.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The examples of the door pages, run as they are printed.
let server: TestServer
let person: Person
before(async () => {
  server = await startServer()
  person = await newPerson(server)
})
after(() => server.close())

function snippets(page: string, language: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/doors', `${page}.md`), 'utf8')
  const fence = '`'.repeat(3)
  const found = text
    .split(`${fence}${language}\n`)
    .slice(1)
    .map((rest) => rest.split(fence, 1)[0] ?? '')
  assert.ok(found.length > 0, `${page} has ${language}`)
  return found
}

function values(): Readonly<Record<string, string>> {
  const { email, password, access, refresh } = person
  return {
    base: server.base,
    email,
    password,
    access,
    refresh,
    key: server.demo.keys['live'] ?? '',
    ...server.demo.vendors['free'],
  }
}

for (const page of ['people', 'vendors', 'keys']) {
  test(`the JavaScript of docs/doors/${page}.md runs`, async () => {
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...args: string[]
    ) => (...values: string[]) => Promise<void>
    for (const code of snippets(page, 'js')) {
      // What a page declares itself is not handed in.
      const given = Object.entries(values()).filter(
        ([name]) => !new RegExp(`\\b(const|let) (\\{[^}]*\\b)?${name}\\b`).test(code),
      )
      const run = new AsyncFunction(...given.map(([name]) => name), code)
      await assert.doesNotReject(run(...given.map(([, value]) => value)))
    }
  })
}

const python = spawnSync('python3', ['--version']).status === 0 ? 'python3' : undefined
const skip = python === undefined && 'Python is not on this machine'

for (const page of ['people', 'vendors', 'keys']) {
  test(`the Python of docs/doors/${page}.md runs`, { skip }, () => {
    const given = Object.entries(values()).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    const code = [...given, ...snippets(page, 'python')].join('\n')
    const { status, stderr } = spawnSync(python ?? '', ['-c', code], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })
}
