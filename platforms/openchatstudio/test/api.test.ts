import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Guard } from '@sallyport/guard'
import type { Principal } from '@sallyport/protocol'
import { createServer, type FetchMount, type SallyportServer } from 'sallyport'
import { openChatStudio } from '../src/index.ts'

const machine: Principal = {
  kind: 'machine',
  id: 'app_1',
  door: 'openchatstudio',
  team: { id: 'team_1', slug: 'one' },
  admin: false,
  scopes: ['chatbot:read', 'chatbot:write', 'session:read', 'session:write'],
  environment: 'live',
  credentialId: 'fam_1',
}

let server: SallyportServer
let folder: string
let who: Principal = machine
let api: FetchMount
let ids = 0

/** Lets in whoever the test is about; who is let in is the guard's own tests' to say. */
const open: Guard = {
  check: async () => ({ outcome: 'allow', principal: who, headers: {} }),
  metadata: () => undefined,
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-ocs-'))
  const settings = { baseUrl: 'http://127.0.0.1', port: 0, host: '127.0.0.1', dataFolder: folder }
  server = await createServer({
    settings: {
      ...settings,
      secret: randomBytes(32).toString('base64'),
      trustedProxies: 0,
      logLevel: 'silent',
      debug: false,
      google: undefined,
    },
    platforms: [
      {
        ...openChatStudio(),
        async api(host) {
          const newId = (prefix: string) => `${prefix}${(ids += 1)}`
          const [mount] = await openChatStudio().api({ ...host, newId, guard: () => open })
          if (mount && 'fetch' in mount) api = mount
          return []
        },
      },
    ],
  })
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function ask(method: string, path: string, principal: Principal, body?: object) {
  who = principal
  const sent = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const request = new Request(`http://127.0.0.1${path}`, { method, ...sent })
  const answer = await api.fetch(request, { ip: '127.0.0.1', requestId: 'r' })
  return { status: answer.status, json: (await answer.json()) as { readonly id: string } }
}

test('one chat is found by its own team and list alone', async () => {
  const bot = await ask('POST', '/api/chatbots', machine, { name: 'Bot' })
  const chat = await ask('POST', `/api/chatbots/${bot.json.id}/sessions`, machine)
  const path = `/api/sessions/${chat.json.id}/`
  assert.deepEqual(await ask('GET', path, machine), {
    status: 200,
    json: { id: chat.json.id, chatbot: bot.json.id },
  })
  assert.equal((await ask('GET', path, { ...machine, resources: [bot.json.id] })).status, 200)
  assert.equal((await ask('GET', path, { ...machine, resources: [] })).status, 403)
  assert.equal((await ask('GET', path, { ...machine, team: { id: 'team_2', slug: 'two' } })).status, 404)
  assert.equal((await ask('GET', '/api/sessions/chat_none', machine)).status, 404)
})

test('a machine with a list can’t make what would not be on it', async () => {
  for (const resources of [[], ['bot_1']]) {
    const limited = { ...machine, resources }
    assert.equal((await ask('POST', '/api/chatbots', limited, { name: 'Mine' })).status, 403)
  }
})
