/** RFC 8693, token exchange: handing a token on, never for more than it was worth. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { newProofKey, type ProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { administer, type App, call, fresh, newApp, newTeam } from '../support/actors.ts'
import { newGuard } from '../support/guard-access.ts'
import { type Answer, text } from '../support/http.ts'
import {
  accessTokenType,
  credentials,
  disconnect,
  exchangeToken,
  grantType,
  startWith,
} from '../support/grants.ts'
import { callback, newCode, newScene, newTokens, type Scene } from '../support/ocs.ts'
import { startApi } from '../support/remote-api.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: Scene
let back: App

const newService = (more: object = {}, on = server): Promise<App> =>
  newApp(on, {
    door: 'openchatstudio',
    name: 'Back office',
    grant_types: [grantType.exchange],
    scope: 'chatbot:read session:write',
    ...more,
  })

before(async () => {
  server = await startWith([grantType.exchange])
  scene = await newScene(server, { scope: 'openid chatbot:read session:read' })
  back = await newService()
})
after(() => server.close())

const refusal = ({ status, json }: Answer) => [status, json['error']]
const me = async (bearer: string, on = server) => (await call(on, '/api/user/me/', { bearer })).status

/** A principal, as an API in another language is told it. */
async function principalOf(token: string): Promise<Readonly<Record<string, unknown>>> {
  const { clientId, clientSecret } = await newGuard(server)
  const answer = await call(server, '/guard/check', {
    headers: { Authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    json: {
      method: 'GET',
      path: '/x',
      headers: { authorization: `Bearer ${token}` },
      ip: '203.0.113.1',
      rule: { doors: ['openchatstudio'] },
      shape: 'oauth',
    },
  })
  assert.equal(answer.json['outcome'], 'allow', answer.text)
  return answer.json['principal'] as Readonly<Record<string, unknown>>
}

describe('what is handed on', () => {
  test('§2.2.1: one access token for another: same person, same team, fewer scopes, no refresh token, and it opens the API', async () => {
    const { access } = await newTokens(scene)
    await server.advance(600)
    const answer = await exchangeToken(server, back, access)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['cache-control'], 'no-store')
    const handedOn = text(answer, 'access_token')
    assert.deepEqual(
      { ...answer.json, access_token: '' },
      {
        access_token: '',
        issued_token_type: accessTokenType,
        token_type: 'Bearer',
        expires_in: 3000,
        scope: 'chatbot:read',
      },
    )
    const [from, to] = [decodeJwt(access), decodeJwt(handedOn)]
    assert.deepEqual(
      [to.sub, to['team'], to['fam'], to.exp, to['client_id']],
      [from.sub, from['team'], from['fam'], from.exp, back.clientId],
    )
    assert.equal(await me(handedOn), 200)
  })

  test('§4.1: who acts is in the token and in the principal, with those before', async () => {
    const { access } = await newTokens(scene)
    const second = await newService({ name: 'Further back' })
    const once = text(await exchangeToken(server, back, access), 'access_token')
    const twice = text(await exchangeToken(server, second, once), 'access_token')
    const itself = ({ clientId }: App) => ({ sub: clientId, client_id: clientId })
    assert.deepEqual(decodeJwt(twice)['act'], { ...itself(second), act: itself(back) })
    const principal = await principalOf(twice)
    assert.equal(principal['id'], scene.person.id)
    assert.equal(principal['kind'], 'app')
    assert.equal(principal['client_id'], second.clientId)
    assert.deepEqual(principal['actor'], {
      id: second.clientId,
      client_id: second.clientId,
      earlier: [{ id: back.clientId, client_id: back.clientId }],
    })
    assert.equal('actor' in (await principalOf(access)), false)
  })

  test('a chain ends: the sixth time is refused', async () => {
    let { access } = await newTokens(scene)
    for (let times = 0; times < 5; times += 1)
      access = text(await exchangeToken(server, back, access), 'access_token')
    assert.equal(await me(access), 200)
    assert.deepEqual(refusal(await exchangeToken(server, back, access)), [400, 'invalid_request'])
  })

  test('an actor token says who acts when it is the client’s own', async () => {
    const actor = await newScene(server, {
      grant_types: ['authorization_code', grantType.exchange],
    })
    const clerk = (await newTokens(actor)).access
    const { access } = await newTokens(scene)
    const answer = await exchangeToken(server, actor.app, access, {
      actor_token: clerk,
      actor_token_type: accessTokenType,
    })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(decodeJwt(text(answer, 'access_token'))['act'], {
      sub: actor.person.id,
      client_id: actor.app.clientId,
    })
    const foreign = { actor_token: clerk, actor_token_type: accessTokenType }
    assert.deepEqual(refusal(await exchangeToken(server, back, access, foreign)), [400, 'invalid_request'])
  })

  test('no ID token comes of an exchange, whatever the scope', async () => {
    const { access } = await newTokens(scene)
    const own = await newService({ scope: 'openid chatbot:read' })
    const answer = await exchangeToken(server, own, access)
    assert.equal(answer.json['scope'], 'chatbot:read openid')
    assert.equal('id_token' in answer.json, false)
  })

  test('the new holder can introspect it, the client of the subject token can’t', async () => {
    const { access } = await newTokens(scene)
    const token = text(await exchangeToken(server, back, access), 'access_token')
    const ask = async (app: App) =>
      (await call(server, '/o/introspect', { form: { token, ...credentials(app) } })).json
    const told = await ask(back)
    assert.deepEqual([told['active'], told['client_id'], told['sub']], [true, back.clientId, scene.person.id])
    assert.deepEqual(told['act'], { sub: back.clientId, client_id: back.clientId })
    assert.deepEqual(await ask(scene.app), { active: false })
  })
})

describe('what ends it', () => {
  const handOn = async (from: Scene, app = back) => {
    const { access, refresh } = await newTokens(from)
    return { access, refresh, handedOn: text(await exchangeToken(server, app, access), 'access_token') }
  }
  test('revoking the subject token’s family ends it at once, at a guard elsewhere too', async () => {
    const { refresh, handedOn } = await handOn(scene)
    const api = await startApi(server)
    await api.waitFor('/app', handedOn, 200)
    await call(server, '/o/revoke_token', { form: { token: refresh, ...credentials(scene.app) } })
    assert.equal(await me(handedOn), 401)
    await api.waitFor('/app', handedOn, 401)
    api.close()
  })
  test('the person disconnecting the app ends it', async () => {
    const own = await newScene(server)
    const { handedOn } = await handOn(own)
    await disconnect(own, own.app)
    assert.equal(await me(handedOn), 401)
  })
  test('deleting the client that it was handed on to ends it, and nothing else', async () => {
    const service = await newService()
    const { access, handedOn } = await handOn(scene, service)
    await administer(server, 'DELETE', `/clients/${service.clientId}`)
    assert.equal(await me(handedOn), 401)
    assert.equal(await me(access), 200)
  })
  test('RFC 7009 §2.2.1: its holder can’t revoke it, because that would end somebody else’s', async () => {
    const { access, handedOn } = await handOn(scene)
    const form = { token: handedOn, ...credentials(back) }
    assert.deepEqual(refusal(await call(server, '/o/revoke_token', { form })), [
      400,
      'unsupported_token_type',
    ])
    assert.deepEqual([await me(access), await me(handedOn)], [200, 200])
  })
  test('it ends with the subject token, to the second', async () => {
    const { access } = await newTokens(scene)
    await server.advance(3590)
    const answer = await exchangeToken(server, back, access)
    assert.equal(answer.json['expires_in'], 10)
    await server.advance(10)
    assert.equal(await me(text(answer, 'access_token')), 401)
  })
})

describe('what is refused', () => {
  test('§2.2.2: a subject token that is expired, ended, changed, or no access token is invalid_request', async () => {
    const { access, refresh, answer } = await newTokens(scene)
    const changed = `${access.slice(0, -4)}AAAA`
    for (const token of [changed, refresh, text(answer, 'id_token'), 'x', scene.person.access, 'a.b.c'])
      assert.deepEqual(refusal(await exchangeToken(server, back, token)), [400, 'invalid_request'], token)
    await call(server, '/o/revoke_token', { form: { token: refresh, ...credentials(scene.app) } })
    assert.deepEqual(refusal(await exchangeToken(server, back, access)), [400, 'invalid_request'])
    const old = (await newTokens(scene)).access
    await server.advance(3600)
    assert.deepEqual(refusal(await exchangeToken(server, back, old)), [400, 'invalid_request'])
  })
  test('§2.1, §3: types are named and known, and come with their tokens', async () => {
    const { access } = await newTokens(scene)
    const jwt = 'urn:ietf:params:oauth:token-type:jwt'
    const wrong: Readonly<Record<string, string>>[] = [
      { subject_token_type: '' },
      { subject_token_type: jwt },
      { subject_token: '' },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { actor_token: access },
      { actor_token_type: accessTokenType },
    ]
    for (const more of wrong)
      assert.deepEqual(refusal(await exchangeToken(server, back, access, more)), [400, 'invalid_request'])
  })
  test('§2.1: more scopes, or other targets, are refused', async () => {
    const { access } = await newTokens(scene)
    for (const scope of ['session:read', 'session:write', 'chatbot:read session:write'])
      assert.deepEqual(refusal(await exchangeToken(server, back, access, { scope })), [400, 'invalid_scope'])
    const target = 'https://other.example'
    for (const more of [
      { audience: target },
      { resource: target },
      { audience: server.base, resource: target },
    ])
      assert.deepEqual(refusal(await exchangeToken(server, back, access, more)), [400, 'invalid_target'])
    assert.equal((await exchangeToken(server, back, access, { audience: server.base })).status, 200)
  })
  test('§5: only clients that are registered for it and prove themselves', async () => {
    const { access } = await newTokens(scene)
    assert.deepEqual(refusal(await exchangeToken(server, scene.app, access)), [400, 'unauthorized_client'])
    const open = await newService({ type: 'public' })
    assert.deepEqual(refusal(await exchangeToken(server, open, access)), [400, 'unauthorized_client'])
    const wrong = { ...back, secret: 'wrong' }
    assert.deepEqual(refusal(await exchangeToken(server, wrong, access)), [401, 'invalid_client'])
  })
  test('a client of a team gets nothing of another team', async () => {
    const { access } = await newTokens(scene)
    const theirs = await newService({ team: await newTeam(server, fresh('other')) })
    assert.deepEqual(refusal(await exchangeToken(server, theirs, access)), [400, 'invalid_request'])
    const ours = await newService({ team: scene.teamId })
    assert.equal((await exchangeToken(server, ours, access)).status, 200)
  })
  test('a door that has not switched it on does not know it, and discovery does not list it', async () => {
    const plain = await startServer()
    const own = await newScene(plain)
    const { access } = await newTokens(own)
    assert.deepEqual(refusal(await exchangeToken(plain, own.app, access)), [400, 'unsupported_grant_type'])
    await plain.close()
    const listed = (await call(server, '/.well-known/openid-configuration')).json['grant_types_supported']
    assert.ok((listed as string[]).includes(grantType.exchange))
  })
})

test('the audit log tells who handed on what to whom', async () => {
  const own = await newScene(server)
  const { access } = await newTokens(own)
  await exchangeToken(server, back, access)
  const [event] = (await administer(server, 'GET', '/audit?type=token.exchanged&limit=1')).json[
    'data'
  ] as readonly Record<string, unknown>[]
  assert.deepEqual(
    [event?.['clientId'], event?.['accountId'], event?.['teamId']],
    [back.clientId, own.person.id, own.teamId],
  )
  assert.match(
    String(event?.['detail']),
    new RegExp(`from ${own.app.clientId} by ${back.clientId}: chatbot:read`),
  )
})

describe('opaque and bound tokens', () => {
  let bound: TestServer
  let key: ProofKey
  let otherKey: ProofKey
  let own: Scene
  let service: App
  before(async () => {
    bound = await startWith([grantType.exchange], {
      accessFormat: 'opaque',
      dpop: 'optional',
      dpopNonce: false,
    })
    own = await newScene(bound)
    service = await newService({}, bound)
    key = await newProofKey()
    otherKey = await newProofKey()
  })
  after(() => bound.close())

  const withProof = async (form: Readonly<Record<string, string>>, by: ProofKey | undefined) => {
    const url = `${bound.base}/o/token`
    const proof = by && (await proofOf(by, { method: 'POST', url, now: bound.now() }))
    return call(bound, '/o/token', { form, headers: { ...(proof !== undefined && { DPoP: proof }) } })
  }
  const exchangeForm = (subject: string) => ({
    grant_type: grantType.exchange,
    subject_token: subject,
    subject_token_type: accessTokenType,
    ...credentials(service),
  })

  test('an opaque token is exchanged as a JWT is, for an opaque one', async () => {
    const { access } = await newTokens(own)
    const answer = await exchangeToken(bound, service, access)
    assert.equal(answer.status, 200, answer.text)
    assert.match(text(answer, 'access_token'), /^oat_/)
    assert.equal(await me(text(answer, 'access_token'), bound), 200)
  })

  test('RFC 9449 §5: a bound subject token needs a proof by its key, and what comes of it is bound too', async () => {
    const { flow, code } = await newCode(own)
    const token = await withProof(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        code_verifier: flow.pkce?.verifier ?? '',
        ...credentials(own.app),
      },
      key,
    )
    assert.equal(token.json['token_type'], 'DPoP', token.text)
    const form = exchangeForm(text(token, 'access_token'))
    assert.deepEqual(refusal(await withProof(form, undefined)), [400, 'invalid_request'])
    assert.deepEqual(refusal(await withProof(form, otherKey)), [400, 'invalid_request'])
    const answer = await withProof(form, key)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json['token_type'], 'DPoP')
    assert.equal(await me(text(answer, 'access_token'), bound), 401, 'not as a bearer')
  })
})
