import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createServer, type SallyportServer } from 'sallyport'
import { oshara } from '../src/index.ts'

let server: SallyportServer
let folder: string
let base: string
let bearer: string
let owner: { readonly accountId: string; readonly teamId: string }

const origin = 'https://mysite.com'

async function send(path: string, method: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
  return (await answer.json()) as Record<string, unknown>
}
const appearance = async (slug: string): Promise<unknown> =>
  (await fetch(`${base}/api/agents/${slug}/appearance/`, { headers: { origin } })).json()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-oshara-'))
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
    platforms: [oshara()],
  })
  base = `http://127.0.0.1:${await server.listen()}`
  const signUp = await send('/api/auth/signup/', 'POST', { email: 'a@example.com', password: 'long enough' })
  bearer = String(signUp['access'])
  const account = await server.services.store.accounts.findByEmail('a@example.com')
  owner = { accountId: account?.accountId ?? '', teamId: account?.homeTeamId ?? '' }
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

test('what is said of a character is what pages are shown, until it is said otherwise', async () => {
  const outside = { name: 'Bee', greeting: 'Hi', appearance: { color: '#f00' } }
  const made = await send('/api/ai-characters/', 'POST', {
    slug: 'bee',
    system_prompt: 'secret',
    allowed_origins: [origin],
    ...outside,
  })
  assert.deepEqual(made['appearance'], outside.appearance)
  assert.deepEqual(await appearance('bee'), { slug: 'bee', ...outside }, 'and the prompt is not shown')
  await send('/api/ai-characters/bee/', 'PATCH', { greeting: 'Hello' })
  assert.deepEqual(await appearance('bee'), { slug: 'bee', ...outside, greeting: 'Hello' })
  const replaced = await send('/api/ai-characters/bee/', 'PUT', { allowed_origins: [origin] })
  assert.equal(replaced['system_prompt'], '')
  assert.deepEqual(await appearance('bee'), { slug: 'bee', name: 'bee', greeting: '', appearance: {} })
})

test('a change keeps what the engine was told of a widget that was not made here', async () => {
  const profile = { name: 'Support bot', greeting: 'Hello!', appearance: { color: 'blue' } }
  const widget = { slug: 'seeded', widgetId: 'wid_1', doorId: 'oshara-widgets', allowedOrigins: [origin] }
  const settings = { active: true, allowOverrides: false, sessionLimit: 100, profile, ...owner }
  const event = { type: 'widget.created', doorId: 'oshara-widgets' }
  await server.services.store.widgets.create({ ...widget, ...settings }, event, 1_800_000_000)
  const { name, greeting } = await send('/api/ai-characters/seeded/', 'GET')
  assert.deepEqual({ name, greeting }, { name: 'Support bot', greeting: 'Hello!' })
  await send('/api/ai-characters/seeded/', 'PATCH', { session_limit: 50 })
  assert.deepEqual(await appearance('seeded'), { slug: 'seeded', ...profile })
})
