import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { call, fresh, newPerson, type Person } from '../support/actors.ts'
import { newCharacter, startSession } from '../support/characters.ts'
import { runCommand } from '../support/command.ts'
import { startServer, testSecret, type TestServer } from '../support/server.ts'

let server: TestServer
let owner: Person
before(async () => {
  server = await startServer()
  owner = await newPerson(server)
})
after(() => server.close())

test('OSHARA-50 with DEBUG=True no origin is asked for, and the log warns', async () => {
  const open = await startServer({ debug: true })
  try {
    for (const origin of ['https://anything.example', undefined])
      assert.equal((await startSession(open, 'support-bot', origin)).status, 201)
    assert.match(open.log(), /"level":40.*origin checks are off/)
  } finally {
    await open.close()
  }
})

test('OSHARA-51 DEBUG=True with a public https address does not start', async () => {
  const folder = join(tmpdir(), fresh('sallyport-never-made'))
  const env = {
    SALLYPORT_BASE_URL: 'https://login.example.com',
    SALLYPORT_DATA: folder,
    SALLYPORT_SECRET: testSecret,
    PORT: '0',
  }
  for (const command of ['serve', 'start']) {
    const { code, output } = await runCommand([command], { ...env, DEBUG: 'True' })
    assert.equal(code, 1, output)
    assert.match(output, /has 1 problem:\n {2}- DEBUG .*public https address/, 'and nothing else is wrong')
    assert.equal(existsSync(folder), false, 'it stopped before anything was opened')
  }
  assert.equal(
    (await startSession(server, 'support-bot', 'https://anything.example')).status,
    403,
    'without DEBUG the check is on',
  )
})

test('OSHARA-52 a preflight is answered for any origin, without credentials', async () => {
  for (const origin of ['https://mysite.com', 'https://anything.example', 'http://localhost:3000']) {
    const headers = {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    }
    for (const path of ['/api/agents/agent-session/', '/api/agents/agent-session']) {
      const answer = await call(server, path, { method: 'OPTIONS', headers })
      assert.equal(answer.status, 204)
      assert.equal(answer.text, '')
      assert.equal(answer.headers['access-control-allow-origin'], origin)
      assert.match(answer.headers['access-control-allow-methods'] ?? '', /\bPOST\b/)
      assert.match(answer.headers['access-control-allow-headers'] ?? '', /\bcontent-type\b/i)
      assert.equal(answer.headers['access-control-allow-credentials'], undefined)
      assert.match(answer.headers.vary ?? '', /\bOrigin\b/)
    }
  }
})

test('OSHARA-53 the page can read the answer, a refusal too', async () => {
  const slug = await newCharacter(server, owner, { session_limit: 1 })
  const cases: [origin: string, agent: string, status: number, more?: object][] = [
    ['https://mysite.com', slug, 201],
    ['https://mysite.com', slug, 429],
    ['https://other.com', slug, 403],
    ['https://mysite.com', 'no-such-bot', 404],
    ['https://mysite.com', slug, 400, { system_prompt: 'x' }],
  ]
  for (const [origin, agent, status, more] of cases) {
    const answer = await startSession(server, agent, origin, more)
    assert.equal(answer.status, status, answer.text)
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    assert.equal(answer.headers['access-control-allow-origin'], origin)
    assert.match(answer.headers.vary ?? '', /Origin/)
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  }
})
