import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, newPerson, type Person } from '../support/actors.ts'
import { exampleOrigins, newCharacter, startSession } from '../support/characters.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let owner: Person
before(async () => {
  server = await startServer()
  owner = await newPerson(server)
})
after(() => server.close())

const patch = (slug: string, json: object) =>
  call(server, `/api/ai-characters/${slug}/`, { method: 'PATCH', bearer: owner.access, json })

test('OSHARA-04 characters are a JSON array of the caller’s own', async () => {
  const slug = await newCharacter(server, owner)
  const [mine, theirs] = [
    await call(server, '/api/ai-characters/', { bearer: owner.access }),
    await call(server, '/api/ai-characters/', { bearer: (await newPerson(server)).access }),
  ]
  assert.equal(mine.status, 200)
  assert.ok(Array.isArray(mine.json) && mine.json.some((one: { slug: string }) => one.slug === slug))
  assert.deepEqual(theirs.json, [])
})

test('OSHARA-48 a changed list counts from the next request on', async () => {
  const slug = await newCharacter(server, owner)
  const held = text(await startSession(server, slug, 'https://mysite.com'), 'token')
  const patched = await patch(slug, { allowed_origins: ['https://new.example'] })
  assert.equal(patched.status, 200)
  assert.deepEqual(patched.json['allowed_origins'], ['https://new.example'])
  assert.equal((await startSession(server, slug, 'https://new.example')).status, 201)
  assert.equal((await startSession(server, slug, 'https://mysite.com')).status, 403)
  const session = await call(server, `/api/agents/${slug}/session/`, { bearer: held })
  assert.ok(
    session.status === 401 || session.status === 403,
    'a token of an origin that was taken off is worth nothing',
  )
})

test('OSHARA-49 an entry that is no origin is refused by name and changes nothing', async () => {
  const slug = await newCharacter(server, owner)
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
  const tooMany = await patch(slug, { allowed_origins: many })
  assert.equal(tooMany.status, 400)
  assert.ok(Array.isArray(tooMany.json['allowed_origins']), tooMany.text)
  const kept = await call(server, `/api/ai-characters/${slug}/`, { bearer: owner.access })
  assert.deepEqual(kept.json['allowed_origins'], exampleOrigins)
})

test('OSHARA-59 another person’s character does not exist', async () => {
  const slug = await newCharacter(server, owner)
  const stranger = await newPerson(server)
  const missing = await call(server, '/api/ai-characters/no-such-bot/', { bearer: stranger.access })
  assert.equal(missing.status, 404)
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
    assert.deepEqual(answer.json, missing.json, 'as if there were none')
  }
  const kept = await call(server, `/api/ai-characters/${slug}/`, { bearer: owner.access })
  assert.deepEqual(kept.json['allowed_origins'], exampleOrigins)
})
