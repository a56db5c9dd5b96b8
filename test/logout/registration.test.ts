/** How apps say that they take part in logout. @see OpenID Connect RP-Initiated Logout §3.1, OpenID Connect Back-Channel Logout §2.2, OpenID Connect Front-Channel Logout §2 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { adminToken, administer, call } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { confidentialApp, publicApp, register } from '../support/registration.ts'
import { startLogoutServer } from '../support/logout.ts'
import type { TestServer } from '../support/server.ts'

const generous = { limit: 1_000_000, window: 60 }
const open = { registration: 'open', registrationLimit: generous, credentialLimit: generous }
const scopes = { openid: 'Know who you are', 'domains:read': 'View domains' }

let server: TestServer
let without: TestServer
before(async () => {
  server = await startLogoutServer(
    {},
    { doors: { 'osir-oauth': { ...open, scopes, roles: {}, logout: {} } } },
  )
  without = await startLogoutServer({ logout: undefined }, { doors: { 'osir-oauth': open } })
})
after(async () => {
  await server.close()
  await without.close()
})

const members = {
  post_logout_redirect_uris: ['https://notes.example/bye'],
  backchannel_logout_uri: 'https://notes.example/backchannel',
  backchannel_logout_session_required: true,
  frontchannel_logout_uri: 'https://notes.example/frontchannel',
  frontchannel_logout_session_required: true,
}
const app = (more: object = {}) => confidentialApp({ scope: 'openid domains:read', ...members, ...more })
const saidOf = ({ json }: Answer) =>
  Object.fromEntries(Object.entries(json).filter(([name]) => name.includes('logout')))

describe('software that registers itself', () => {
  test('is told back all that it said, and keeps it', async () => {
    const answer = await register(server, app())
    assert.equal(answer.status, 201, answer.text)
    assert.deepEqual(saidOf(answer), members)
    const path = new URL(text(answer, 'registration_client_uri')).pathname
    const bearer = text(answer, 'registration_access_token')
    assert.deepEqual(saidOf(await call(server, path, { bearer })), members)
    const { client_name, redirect_uris, grant_types, token_endpoint_auth_method, scope } = app()
    const less = {
      client_id: text(answer, 'client_id'),
      client_name,
      redirect_uris,
      grant_types,
      token_endpoint_auth_method,
      scope,
      backchannel_logout_uri: 'https://notes.example/other',
    }
    const put = await call(server, path, { method: 'PUT', bearer, json: less })
    assert.equal(put.status, 200, put.text)
    assert.deepEqual(saidOf(put), { backchannel_logout_uri: 'https://notes.example/other' })
  })

  test('is another client when it says something else of logout', async () => {
    const metadata = publicApp({ scope: 'domains:read' })
    const plain = await register(server, metadata)
    const told = await register(server, { ...metadata, post_logout_redirect_uris: ['https://a.example/bye'] })
    const again = await register(server, {
      ...metadata,
      post_logout_redirect_uris: ['https://a.example/bye'],
    })
    assert.notEqual(text(told, 'client_id'), text(plain, 'client_id'))
    assert.equal(text(again, 'client_id'), text(told, 'client_id'))
  })

  test('is passed over at a door that does not take part', async () => {
    const answer = await register(
      without,
      confidentialApp({ ...members, backchannel_logout_uri: 'nonsense' }),
    )
    assert.equal(answer.status, 201, answer.text)
    assert.deepEqual(saidOf(answer), {})
  })

  const wrong: [name: string, more: object][] = [
    [
      'OpenID Connect RP-Initiated Logout §3.1: an address by http',
      { post_logout_redirect_uris: ['http://notes.example/bye'] },
    ],
    [
      'OpenID Connect Back-Channel Logout §2.2: an address by http',
      { backchannel_logout_uri: 'http://notes.example/out' },
    ],
    [
      'OpenID Connect Front-Channel Logout §2: an address of another host',
      { frontchannel_logout_uri: 'https://evil.example/out' },
    ],
    ['a flag that is none', { backchannel_logout_session_required: 'yes' }],
  ]
  for (const [name, more] of wrong) {
    test(`${name} is invalid_client_metadata`, async () => {
      const answer = await register(server, app(more))
      assert.equal(answer.status, 400)
      assert.equal(answer.json['error'], 'invalid_client_metadata')
    })
  }
})

describe('an administrator', () => {
  const create = async (more: object = {}) =>
    administer(server, 'POST', '/clients', {
      door: 'osir-oauth',
      name: 'Notes',
      redirect_uris: ['https://notes.example/cb'],
      ...more,
    })
  const change = async (clientId: string, json: object) =>
    call(server, `/admin/clients/${clientId}`, { method: 'PATCH', bearer: await adminToken(server), json })

  test('registers it, replaces what is named, and takes away what is null', async () => {
    const made = await create(members)
    assert.deepEqual(saidOf(made), members)
    const id = text(made, 'client_id')
    const moved = await change(id, { backchannel_logout_uri: 'https://notes.example/other' })
    assert.deepEqual(saidOf(moved), { ...members, backchannel_logout_uri: 'https://notes.example/other' })
    const less = await change(id, { frontchannel_logout_uri: null, post_logout_redirect_uris: null })
    assert.deepEqual(Object.keys(saidOf(less)).sort(), [
      'backchannel_logout_session_required',
      'backchannel_logout_uri',
      'frontchannel_logout_session_required',
    ])
    const none = await change(id, Object.fromEntries(Object.keys(members).map((name) => [name, null])))
    assert.deepEqual(saidOf(none), {})
    assert.deepEqual(saidOf(await change(id, { name: 'Other' })), {})
  })

  test('OpenID Connect Front-Channel Logout §2: can’t take away the redirect address that the frame rests on', async () => {
    const id = text(await create(members), 'client_id')
    const answer = await change(id, { redirect_uris: ['https://elsewhere.example/cb'] })
    assert.equal(answer.status, 400)
    assert.match(String(answer.json['error_description'] ?? answer.text), /frontchannel_logout_uri/)
    const together = { redirect_uris: ['https://elsewhere.example/cb'], frontchannel_logout_uri: null }
    assert.equal((await change(id, together)).status, 200)
  })

  test('is refused where the door does not take part', async () => {
    const json = {
      door: 'osir-oauth',
      name: 'Notes',
      redirect_uris: ['https://notes.example/cb'],
      ...members,
    }
    const bearer = await adminToken(without)
    const answer = await call(without, '/admin/clients', { method: 'POST', bearer, json })
    assert.equal(answer.status, 400)
    assert.match(answer.text, /logout is not for clients of this door/)
  })
})
