/** Subjects that differ by sector. The sections are those of OpenID Connect Core, unless another document is named. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import {
  administer,
  type App,
  approve,
  authorizePath,
  call,
  newApp,
  newPerson,
  responseOf,
  signedInBrowser,
} from '../support/actors.ts'
import { runCommand } from '../support/command.ts'
import { type Answer, text } from '../support/http.ts'
import { credentials, disconnect, exchangeToken, grantType, startWith } from '../support/grants.ts'
import { callback, newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { freePort, type TestServer, testSecret } from '../support/server.ts'

const idJag = 'urn:ietf:params:oauth:token-type:id-jag'
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token'
const scope = 'openid chatbot:read session:read'
const settings = { subjectTypes: ['public', 'pairwise'], claimsParameter: true }
const audience = 'https://auth.other.example'

let server: TestServer
let scene: Scene
let neighbour: App
let stranger: App
let service: App
/** What the first start of the server told, before it was stopped. */
let subBefore = ''

const pairwise = (more: object = {}) => ({
  door: 'openchatstudio',
  redirect_uris: [callback],
  scope: 'openid profile chatbot:read session:read',
  subject_type: 'pairwise',
  ...more,
})

before(async () => {
  const port = await freePort()
  const grants = [grantType.exchange, grantType.backchannel]
  const first = await startWith(grants, settings, { port })
  const all = ['authorization_code', 'refresh_token', ...grants]
  scene = await newScene(first, pairwise({ grant_types: all }))
  neighbour = await newApp(first, pairwise())
  stranger = await newApp(first, pairwise({ redirect_uris: ['https://elsewhere.example/cb'] }))
  service = await newApp(first, {
    door: 'openchatstudio',
    grant_types: [grantType.exchange],
    scope: 'openid profile chatbot:read',
  })
  subBefore = subOf((await tokensOf({ ...scene, server: first })).answer)
  await first.stop()
  // Whatever a subject rests on has to outlive both: a restart, and another secret of the operator's.
  const secret = randomBytes(32).toString('base64')
  const { dataFolder, demo } = first
  const ran = await runCommand(['keys', 'reencrypt'], {
    SALLYPORT_DATA: dataFolder,
    SALLYPORT_SECRET: secret,
    SALLYPORT_PREVIOUS_SECRET: testSecret,
    PORT: '0',
  })
  assert.equal(ran.code, 0, ran.output)
  const vouchesFor = [{ issuer: audience, clients: { [scene.app.clientId]: 'there' }, scope: ['read'] }]
  const options = { port, dataFolder, secret, seed: false }
  const second = await startWith(grants, { ...settings, vouchesFor }, options)
  server = Object.create(second, { demo: { value: demo } })
  scene = { ...scene, server }
})
after(() => server.close())

const subOf = ({ json }: Answer) => String(decodeJwt(String(json['id_token'])).sub)
const tokensOf = (of: Scene, more: object = {}) => newTokens(of, { scope, team: of.team, ...more })
const bySomebodyElse = (app: App, redirectUri = callback) => tokensOf({ ...scene, app }, { redirectUri })
const userinfo = (bearer: string) => call(server, '/o/userinfo/', { bearer })
const introspect = (token: string, by: App) =>
  call(server, '/o/introspect/', { form: { token, ...credentials(by) } })
const api = async (bearer: string) => (await call(server, '/api/chatbots/', { bearer })).status

/** Everything that a text says, whether it is written plainly, in a JWT, or in base64. */
function saidBy(said: string): string {
  const parts = said.match(/[A-Za-z0-9_-]{16,}/g) ?? []
  return [said, ...parts.map((part) => Buffer.from(part, 'base64url').toString('latin1'))].join('\n')
}

/** Whoever knows these can tell that two names are one person. */
async function idsOf(of: Scene): Promise<readonly string[]> {
  const found = (await administer(of.server, 'GET', `/accounts/${of.person.id}`)).json
  const home = String(found['home_team'] ?? found['home_team_id'] ?? '')
  return [of.person.id, of.person.email, of.teamId, ...(home === '' ? [] : [home])]
}

describe('the subject', () => {
  test('§8.1: is one for all clients of a sector, another for another sector, and never the id of the account', async () => {
    const [mine, same, other] = [
      subOf((await tokensOf(scene)).answer),
      subOf((await bySomebodyElse(neighbour)).answer),
      subOf((await bySomebodyElse(stranger, 'https://elsewhere.example/cb')).answer),
    ]
    assert.equal(mine, same)
    assert.notEqual(mine, other)
    for (const one of [mine, other]) {
      assert.match(one, /^[A-Za-z0-9_-]{43}$/)
      assert.notEqual(one, scene.person.id)
    }
  })

  test('§8.1: of two people of one sector differs', async () => {
    const somebody = await newScene(server, pairwise())
    assert.notEqual(subOf((await tokensOf(somebody)).answer), subBefore)
  })

  test('§2: never changes: not by a restart, nor when the secret that protects the server’s own is replaced', async () => {
    assert.equal(subOf((await tokensOf(scene)).answer), subBefore)
  })

  test('§5.3.2, RFC 7662 §2.2: is the same in the ID token, at userinfo, and in introspection of both tokens', async () => {
    const { access, refresh, answer } = await tokensOf(scene)
    const told = [
      await userinfo(access),
      await introspect(access, scene.app),
      await introspect(refresh, scene.app),
    ]
    assert.deepEqual(
      told.map(({ json }) => json['sub']),
      [1, 2, 3].map(() => subOf(answer)),
    )
    const form = { grant_type: 'refresh_token', refresh_token: refresh, ...credentials(scene.app) }
    assert.equal(subOf(await call(server, '/o/token', { form })), subOf(answer), '§12.2')
  })

  test('§8: of a client that registered for public subjects is the id of the account as before', async () => {
    const plain = await newApp(server, pairwise({ subject_type: 'public' }))
    const { access, answer } = await bySomebodyElse(plain)
    assert.equal(subOf(answer), scene.person.id)
    assert.equal((await userinfo(access)).json['sub'], scene.person.id)
    const keys = createRemoteJWKSet(new URL(`${server.base}/.well-known/jwks.json`))
    const currentDate = new Date(server.now() * 1000)
    const { payload } = await jwtVerify(access, keys, { typ: 'at+jwt', currentDate })
    assert.equal(payload.sub, scene.person.id)
  })
})

describe('what a client can read', () => {
  test('§8, RFC 9068 §6: of all that it gets, nothing names the account or the team that is theirs alone', async () => {
    const alone = await newPerson(server)
    const own: Scene = {
      ...scene,
      person: alone,
      browser: await signedInBrowser(server, alone),
      team: '',
      teamId: '',
    }
    const { access, answer } = await newTokens(own, { scope })
    assert.match(access, /^oat_/, 'nobody else can read it')
    const all = [answer, await userinfo(access), await introspect(access, scene.app)]
    const said = all.map((one) => saidBy(one.text)).join('\n')
    const { json } = await call(server, '/api/auth/me/', { bearer: alone.access })
    const home = JSON.stringify(json).match(/team[_-][0-9a-f-]{30,}/g) ?? []
    for (const id of [alone.id, alone.email, alone.email.split('@')[0] ?? '', ...home])
      assert.equal(said.includes(id), false, `${id} is in ${said}`)
    assert.doesNotMatch(said, /team-[0-9a-f-]{30,}/)
    assert.doesNotMatch(said, /acc_/)
  })

  test('§5.4: what the person allowed by a scope is told all the same', async () => {
    const { access } = await tokensOf(scene, {
      scope: 'openid profile',
      more: { prompt: 'consent', state: 's' },
    })
    const { json } = await userinfo(access)
    assert.equal(json['email'], scene.person.email)
    assert.equal(json['team'], scene.team, 'one that others are in too')
  })

  test('RFC 8693: a service that it hands the token to can’t tell it who that is', async () => {
    const { access, answer } = await tokensOf(scene)
    const exchanged = await exchangeToken(server, service, access)
    assert.equal(exchanged.status, 200, exchanged.text)
    const token = text(exchanged, 'access_token')
    assert.match(token, /^oat_/)
    const told = [await introspect(token, service), await userinfo(token)]
    for (const one of told) {
      assert.equal(one.status, 200, one.text)
      assert.equal(one.json['sub'], subOf(answer))
      for (const id of await idsOf(scene)) assert.equal(saidBy(one.text).includes(id), false, id)
    }
    assert.equal(await api(token), 200)
  })

  test('RFC 8693 §4.1: who acted is told by the name that it knows', async () => {
    const { access } = await tokensOf(scene)
    const more = { actor_token: access, actor_token_type: 'urn:ietf:params:oauth:token-type:access_token' }
    const exchanged = await exchangeToken(server, scene.app, access, more)
    assert.equal(exchanged.status, 200, exchanged.text)
    const { json } = await introspect(text(exchanged, 'access_token'), scene.app)
    assert.deepEqual(json['act'], { sub: subBefore, client_id: scene.app.clientId })
  })

  test('identity assertion grants: what it carries to another server does not name the account', async () => {
    const { answer } = await tokensOf(scene)
    const form = {
      grant_type: grantType.exchange,
      requested_token_type: idJag,
      audience,
      subject_token: text(answer, 'id_token'),
      subject_token_type: idTokenType,
      ...credentials(scene.app),
    }
    const vouched = await call(server, '/o/token', { form })
    assert.equal(vouched.status, 200, vouched.text)
    const assertion = decodeJwt(text(vouched, 'access_token'))
    assert.match(String(assertion.sub), /^[A-Za-z0-9_-]{43}$/)
    assert.notEqual(assertion.sub, subOf(answer), 'the other server is another sector')
    for (const id of await idsOf(scene)) assert.equal(saidBy(vouched.text).includes(id), false, id)
  })
})

describe('the guard', () => {
  test('RFC 9068 §6: an API goes on to see the account, so what changes counts at once', async () => {
    const { access, refresh } = await tokensOf(scene)
    assert.equal(await api(access), 200)
    const form = { token: refresh, ...credentials(scene.app) }
    assert.equal((await call(server, '/o/revoke_token/', { form })).status, 200)
    assert.equal(await api(access), 401)
    const next = await tokensOf(scene)
    await disconnect(scene, scene.app)
    assert.equal(await api(next.access), 401)
    const own = await newScene(server, pairwise())
    const last = await tokensOf(own)
    await administer(server, 'PATCH', `/accounts/${own.person.id}`, { disabled: true })
    assert.equal(await api(last.access), 401)
  })
})

describe('requests', () => {
  const ask = (of: Scene, more: Readonly<Record<string, string>>) =>
    of.browser.open(
      authorizePath(
        newFlow(of, { scope: 'openid', team: of.team, more: { state: 's', prompt: 'none', ...more } }),
      ),
    )

  test('§3.1.2.1: id_token_hint, and §5.5.1: sub of claims, mean the person by the client’s own name for them', async () => {
    const { answer } = await tokensOf(scene)
    const other = await newScene(server, pairwise())
    const theirs = { ...other, app: scene.app, team: other.team }
    const claims = JSON.stringify({ id_token: { sub: { value: subOf(answer) } } })
    for (const more of [{ id_token_hint: text(answer, 'id_token') }, { claims }]) {
      assert.ok(responseOf(await ask(scene, more)).has('code'))
      assert.equal(responseOf(await ask(theirs, more)).get('error'), 'login_required')
    }
    const byId = JSON.stringify({ id_token: { sub: { value: scene.person.id } } })
    assert.equal(responseOf(await ask(scene, { claims: byId })).get('error'), 'login_required')
  })

  test('CIBA §7.1: an ID token of the client’s names whom it asks for', async () => {
    const { answer } = await tokensOf(scene)
    const form = { scope: 'openid', id_token_hint: text(answer, 'id_token'), ...credentials(scene.app) }
    assert.equal((await call(server, '/o/backchannel_authentication', { form })).status, 200)
    const page = await scene.browser.open('/account')
    assert.match(page.text, /Waiting for you/)
  })

  test('a code flow goes through as ever', async () => {
    const flow = newFlow(scene, { scope, team: scene.team })
    const code = responseOf(await approve(scene.browser, authorizePath(flow))).get('code') ?? ''
    assert.equal((await redeem(server, flow, code)).status, 200)
  })
})

test('a door that has pairwise subjects alone gives them to clients that say nothing', async (t) => {
  const strict = await startWith([], { subjectTypes: ['pairwise'] })
  t.after(() => strict.close())
  const own = await newScene(strict, { scope })
  const { access, answer } = await tokensOf(own)
  assert.match(access, /^oat_/)
  assert.match(subOf(answer), /^[A-Za-z0-9_-]{43}$/)
  const open = { door: 'openchatstudio', redirect_uris: [callback], scope, subject_type: 'public' }
  await assert.rejects(newApp(strict, open), /subject_type/)
})

test('OpenID Connect Discovery §3: the kinds of subject are told', async () => {
  const { json } = await call(server, '/.well-known/openid-configuration')
  assert.deepEqual(json['subject_types_supported'], ['public', 'pairwise'])
})
