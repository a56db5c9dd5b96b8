import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { adminToken } from '../support/actors.ts'
import { startServer, type TestServer } from '../support/server.ts'

// The lines of docs/check.md, run by a shell as they are printed, the values of one handed to the next.
const page = join(import.meta.dirname, '../../docs/check.md')
const text = readFileSync(page, 'utf8')
const fence = '`'.repeat(3)
const blocks = text
  .split(`${fence}sh\n`)
  .slice(1)
  .map((rest) => rest.split(fence, 1)[0] ?? '')
const skip = spawnSync('curl', ['--version']).status !== 0 && 'curl is not on this machine; CI installs it'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

type Json = Readonly<Record<string, unknown>>

test('the curl lines of docs/check.md do what the page says', { skip }, async () => {
  let known: NodeJS.ProcessEnv = {
    ...process.env,
    BASE: server.base,
    ADMIN: await adminToken(server),
    KEY: server.demo.keys['live'] ?? '',
  }
  const run = (block: string | undefined): Json => {
    const { stdout, stderr, status } = spawnSync('sh', ['-euc', block ?? 'false'], {
      env: known,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout) as Json
  }
  assert.equal(blocks.length, 4)
  const [credential, one, several, description] = blocks
  const made = run(credential)
  known = { ...known, ID: String(made['client_id']), SECRET: String(made['client_secret']) }
  const allowed = run(one)
  assert.equal(allowed['outcome'], 'allow', JSON.stringify(allowed))
  assert.ok('X-RateLimit-Remaining' in (allowed['headers'] as Json))
  const answers = run(several)['answers'] as readonly Json[]
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['allow', 'refuse'],
  )
  assert.equal(run(description)['openapi'], '3.1.1')
})

test('every file that docs/check.md points to is there', () => {
  const targets = [...text.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, path]) => path ?? '')
  assert.ok(targets.length >= 12)
  assert.deepEqual(
    targets.filter((path) => !existsSync(join(dirname(page), path))),
    [],
  )
})
