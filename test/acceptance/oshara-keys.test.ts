import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, fresh, newPerson, type Person } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startServer, storeBytes, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

async function newKey(person: Person): Promise<{ readonly id: string; readonly key: string }> {
  const answer = await call(server, '/api/auth/api-keys/', {
    bearer: person.access,
    json: { name: fresh('crm') },
  })
  assert.equal(answer.status, 201, answer.text)
  return { id: text(answer, 'id'), key: text(answer, 'key') }
}

const meBy = (headers: Readonly<Record<string, string>>) => call(server, '/api/auth/me/', { headers })

test('OSHARA-60 a new key is shown once, later only its preview', async () => {
  const person = await newPerson(server)
  const { key } = await newKey(person)
  assert.match(key, /^sk_[0-9a-f]{64}$/)
  const list = await call(server, '/api/auth/api-keys/', { bearer: person.access })
  assert.equal(list.status, 200)
  assert.equal(list.text.includes(key), false)
  assert.equal((await storeBytes(server)).includes(key), false, 'the store has its hash alone')
  const [listed] = list.json as unknown as {
    readonly key_preview: string
    readonly is_active: boolean
    readonly last_used_at: string | null
  }[]
  assert.ok(listed !== undefined)
  assert.ok(
    listed.key_preview.startsWith(key.slice(0, 5)) && listed.key_preview.endsWith(key.slice(-4)),
    JSON.stringify(listed),
  )
  assert.equal(listed.is_active, true)
  assert.equal(listed.last_used_at, null)
})

test('OSHARA-61 the key speaks for its owner, whatever the case of the header', async () => {
  const person = await newPerson(server)
  const { key } = await newKey(person)
  for (const name of ['X-API-Key', 'x-api-key']) {
    const answer = await meBy({ [name]: key })
    assert.equal(answer.status, 200)
    assert.equal(answer.json['id'], person.id)
  }
  const characters = await call(server, '/api/ai-characters/', { headers: { 'X-API-Key': key } })
  assert.equal(characters.status, 200)
})

test('OSHARA-62 with a key and a token the key wins', async () => {
  const [alice, bob] = [await newPerson(server), await newPerson(server)]
  const { key } = await newKey(alice)
  const answer = await meBy({ 'X-API-Key': key, Authorization: `Bearer ${bob.access}` })
  assert.equal(answer.status, 200)
  assert.equal(answer.json['id'], alice.id)
})

test('OSHARA-63 an invalid key is not forgiven for a valid token', async () => {
  const person = await newPerson(server)
  const { key } = await newKey(person)
  const wrong = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
  for (const presented of [wrong, `sk_${'0'.repeat(64)}`, 'nonsense', '']) {
    const answer = await meBy({ 'X-API-Key': presented, Authorization: `Bearer ${person.access}` })
    assert.equal(answer.status, 401, presented)
  }
})

test('OSHARA-64 a key that is switched off is refused until it is on again', async () => {
  const person = await newPerson(server)
  const { id, key } = await newKey(person)
  const set = (active: boolean) =>
    call(server, `/api/auth/api-keys/${id}/`, {
      method: 'PATCH',
      bearer: person.access,
      json: { is_active: active },
    })
  assert.equal((await set(false)).json['is_active'], false)
  assert.equal((await meBy({ 'X-API-Key': key })).status, 401)
  assert.equal(
    (await meBy({ 'X-API-Key': key, Authorization: `Bearer ${person.access}` })).status,
    401,
    'nor is it forgiven for a valid token',
  )
  await set(true)
  assert.equal((await meBy({ 'X-API-Key': key })).status, 200)
  const stranger = await newPerson(server)
  assert.equal(
    (
      await call(server, `/api/auth/api-keys/${id}/`, {
        method: 'PATCH',
        bearer: stranger.access,
        json: { is_active: false },
      })
    ).status,
    404,
  )
  assert.equal(
    (await call(server, `/api/auth/api-keys/${id}/`, { method: 'DELETE', bearer: person.access })).status,
    204,
  )
  assert.equal((await meBy({ 'X-API-Key': key })).status, 401)
})
