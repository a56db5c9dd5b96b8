import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { call, fresh, newPerson, type Person } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { runCommand } from '../support/command.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let owner: Person
before(async () => {
  server = await startServer()
  owner = await newPerson(server)
})
after(() => server.close())

const origins = ['https://mysite.com', 'https://staging.mysite.com']

/** A character of the owner, as the document has it. */
async function newCharacter(settings: object = {}): Promise<string> {
  const slug = fresh('bot')
  const answer = await call(server, '/api/ai-characters/', {
    bearer: owner.access,
    json: { slug, allowed_origins: origins, ...settings },
  })
  assert.equal(answer.status, 201, answer.text)
  return slug
}

function start(
  agent: string,
  origin: string | readonly string[] | undefined,
  more: object = {},
  at = server,
): Promise<Answer> {
  return call(at, '/api/agents/agent-session/', {
    json: { agent, ...more },
    ...(origin !== undefined && { headers: { Origin: origin } }),
  })
}

const patch = (slug: string, json: object) =>
  call(server, `/api/ai-characters/${slug}/`, { method: 'PATCH', bearer: owner.access, json })

test('OSHARA-04 characters are a JSON array of the caller’s own', async () => {
  const slug = await newCharacter()
  const [mine, theirs] = [
    await call(server, '/api/ai-characters/', { bearer: owner.access }),
    await call(server, '/api/ai-characters/', { bearer: (await newPerson(server)).access }),
  ]
  assert.equal(mine.status, 200)
  assert.ok(Array.isArray(mine.json) && mine.json.some((one: { slug: string }) => one.slug === slug))
  assert.deepEqual(theirs.json, [])
})

test('OSHARA-41 an allowed origin starts a session without a token', async () => {
  const answer = await start(await newCharacter(), 'https://mysite.com')
  assert.equal(answer.status, 201)
  assert.ok(text(answer, 'token') !== '' && text(answer, 'session_id') !== '')
})

test('OSHARA-42 so does the other allowed origin', async () => {
  assert.equal((await start(await newCharacter(), 'https://staging.mysite.com')).status, 201)
})

test('OSHARA-43 another origin does not', async () => {
  const answer = await start(await newCharacter(), 'https://other.com')
  assert.equal(answer.status, 403)
  assert.equal(typeof answer.json['detail'], 'string')
  assert.equal(answer.json['token'], undefined)
})

test('OSHARA-44 every vector of the Origin rule comes out as expected', async () => {
  const file = join(import.meta.dirname, '../vectors/origin-vectors.json')
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly allowed: readonly string[]
    readonly rows: readonly { readonly origin: string; readonly expect: boolean }[]
  }
  const slug = await newCharacter({ allowed_origins: vectors.allowed })
  assert.equal(vectors.rows.length, 33)
  for (const { origin, expect } of vectors.rows) {
    // A header is bytes: a name outside ASCII goes over the wire as UTF-8.
    const answer = await start(slug, Buffer.from(origin).toString('latin1'))
    assert.equal(answer.status, expect ? 201 : 403, origin)
  }
})

test('OSHARA-45 no Origin, null and two Origins are refused', async () => {
  const slug = await newCharacter()
  for (const origin of [
    undefined,
    'null',
    ['https://mysite.com', 'https://mysite.com'],
    ['https://mysite.com', 'https://evil.com'],
  ]) {
    assert.equal((await start(slug, origin)).status, 403, String(origin))
  }
})

test('OSHARA-46 a Referer is no Origin', async () => {
  const slug = await newCharacter()
  const answer = await call(server, '/api/agents/agent-session/', {
    json: { agent: slug },
    headers: { Referer: 'https://mysite.com/x' },
  })
  assert.equal(answer.status, 403)
  const lenient = await startServer({ doors: { 'oshara-widgets': { insecureRefererFallback: true } } })
  try {
    const opted = await call(lenient, '/api/agents/agent-session/', {
      json: { agent: 'support-bot' },
      headers: { Referer: 'https://mysite.com/x' },
    })
    assert.equal(opted.status, 201)
  } finally {
    await lenient.close()
  }
})

test('OSHARA-47 an empty list means nowhere', async () => {
  const slug = await newCharacter({ allowed_origins: [] })
  for (const origin of ['https://mysite.com', 'http://localhost', 'null'])
    assert.equal((await start(slug, origin)).status, 403, origin)
})

test('OSHARA-48 a changed list counts from the next request on', async () => {
  const slug = await newCharacter()
  const held = text(await start(slug, 'https://mysite.com'), 'token')
  const patched = await patch(slug, { allowed_origins: ['https://new.example'] })
  assert.equal(patched.status, 200)
  assert.deepEqual(patched.json['allowed_origins'], ['https://new.example'])
  assert.equal((await start(slug, 'https://new.example')).status, 201)
  assert.equal((await start(slug, 'https://mysite.com')).status, 403)
  const session = await call(server, `/api/agents/${slug}/session/`, { bearer: held })
  assert.ok(
    session.status === 401 || session.status === 403,
    'a token of an origin that was taken off is worth nothing',
  )
})

test('OSHARA-49 an entry that is no origin is refused by name and changes nothing', async () => {
  const slug = await newCharacter()
  const bad = [
    'mysite.com',
    '*',
    'https://u:p@x.com',
    'https://x.com/path',
    'javascript:1',
    'https://*.mysite.com',
  ]
  for (const entry of bad) {
    const answer = await patch(slug, { allowed_origins: ['https://fine.example', entry] })
    assert.equal(answer.status, 400, entry)
    assert.ok(
      JSON.stringify(answer.json['allowed_origins']).includes(JSON.stringify(entry).slice(1, -1)),
      answer.text,
    )
  }
  const many = Array.from({ length: 1000 }, (_, index) => `https://h${index}.example`)
  assert.equal((await patch(slug, { allowed_origins: many })).status, 400)
  const kept = await call(server, `/api/ai-characters/${slug}/`, { bearer: owner.access })
  assert.deepEqual(kept.json['allowed_origins'], origins)
})

test('OSHARA-50 with DEBUG=True no origin is asked for, and the log warns', async () => {
  const open = await startServer({ debug: true })
  try {
    for (const origin of ['https://anything.example', undefined])
      assert.equal((await start('support-bot', origin, {}, open)).status, 201)
    assert.match(open.log(), /"level":40.*origin checks are off/)
  } finally {
    await open.close()
  }
})

test('OSHARA-51 DEBUG=True with a public https address does not start', async () => {
  const env = {
    DEBUG: 'True',
    SALLYPORT_BASE_URL: 'https://login.example.com',
    SALLYPORT_DATA: '/nowhere/at/all',
    PORT: '0',
  }
  const { code, output } = await runCommand(['serve'], env)
  assert.notEqual(code, 0)
  assert.match(output, /DEBUG/)
  assert.equal(
    (await start('support-bot', 'https://anything.example')).status,
    403,
    'without DEBUG the check is on',
  )
})

test('OSHARA-52 a preflight is answered for any origin, without credentials', async () => {
  const headers = {
    Origin: 'https://anything.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type',
  }
  const answer = await call(server, '/api/agents/agent-session/', { method: 'OPTIONS', headers })
  assert.equal(answer.status, 204)
  assert.match(answer.headers['access-control-allow-methods'] ?? '', /POST/)
  assert.match(answer.headers['access-control-allow-headers'] ?? '', /content-type/i)
  assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  assert.match(answer.headers.vary ?? '', /Origin/)
})

test('OSHARA-53 the page can read the answer, a refusal too', async () => {
  const slug = await newCharacter()
  for (const [origin, status] of [
    ['https://mysite.com', 201],
    ['https://other.com', 403],
  ] as const) {
    const answer = await start(slug, origin)
    assert.equal(answer.status, status)
    assert.equal(answer.headers['access-control-allow-origin'], origin)
    assert.match(answer.headers.vary ?? '', /Origin/)
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  }
})

test('OSHARA-54 an unknown and an inactive character are not found', async () => {
  const inactive = await newCharacter({ is_active: false })
  for (const slug of ['no-such-bot', inactive]) {
    const answer = await start(slug, 'https://mysite.com')
    assert.equal(answer.status, 404)
    assert.equal(typeof answer.json['detail'], 'string')
  }
})

test('OSHARA-55 more sessions than the limit wait', async () => {
  const slug = await newCharacter({ session_limit: 2 })
  const statuses = (await Promise.all([1, 2, 3, 4].map(() => start(slug, 'https://mysite.com')))).map(
    ({ status }) => status,
  )
  assert.deepEqual(statuses.sort(), [201, 201, 429, 429])
  const third = await start(slug, 'https://mysite.com')
  assert.equal(third.status, 429)
  assert.equal(third.headers['retry-after'], '3600')
  await server.advance(3600)
  assert.equal((await start(slug, 'https://mysite.com')).status, 201)
})

test('OSHARA-56 the answer has what the vendor documents', async () => {
  owner = await newPerson(server)
  const slug = await newCharacter({ greeting: 'Hi!' })
  const { json } = await start(slug, 'https://mysite.com')
  assert.equal(json['expires_in_seconds'], 3600)
  assert.equal(json['character_slug'], slug)
  assert.equal(json['greeting'], 'Hi!')
  for (const name of ['token', 'session_id', 'room_name', 'participant_identity'])
    assert.equal(typeof json[name], 'string', name)
})

test('OSHARA-57 a session’s token opens its own character and nothing else, for an hour', async () => {
  const [slug, other] = [await newCharacter(), await newCharacter()]
  const token = text(await start(slug, 'https://mysite.com'), 'token')
  const session = (of: string, origin?: string) =>
    call(server, `/api/agents/${of}/session/`, {
      bearer: token,
      ...(origin !== undefined && { headers: { Origin: origin } }),
    })
  const own = await session(slug)
  assert.equal(own.status, 200)
  assert.equal(own.json['origin'], 'https://mysite.com')
  assert.equal((await session(slug, 'https://mysite.com')).status, 200)
  assert.equal(
    (await session(slug, 'https://staging.mysite.com')).status,
    403,
    'bound to the page it was started from',
  )
  assert.equal((await session(other)).status, 403)
  assert.equal((await call(server, '/api/auth/me/', { bearer: token })).status, 401)
  await server.advance(3600)
  assert.equal((await session(slug)).status, 401)
})

test('OSHARA-58 a page may not set what the owner did not allow', async () => {
  const slug = await newCharacter({ system_prompt: 'Be kind.' })
  for (const more of [{ system_prompt: 'Be evil.' }, { mcp_headers: { a: 'b' } }, { metadata: { a: 1 } }]) {
    const answer = await start(slug, 'https://mysite.com', more)
    assert.equal(answer.status, 400)
    assert.doesNotMatch(answer.text, /evil/)
  }
})

test('OSHARA-59 another person’s character does not exist', async () => {
  const slug = await newCharacter()
  const stranger = await newPerson(server)
  for (const [method, json] of [
    ['GET', undefined],
    ['PATCH', { allowed_origins: ['https://evil.example'] }],
    ['PUT', { allowed_origins: [] }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await call(server, `/api/ai-characters/${slug}/`, {
      method,
      bearer: stranger.access,
      ...(json && { json }),
    })
    assert.equal(answer.status, 404, method)
  }
  const kept = await call(server, `/api/ai-characters/${slug}/`, { bearer: owner.access })
  assert.deepEqual(kept.json['allowed_origins'], origins)
})
