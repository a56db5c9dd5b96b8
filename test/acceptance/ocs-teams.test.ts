import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  administer,
  approve,
  authorizePath,
  call,
  fresh,
  newApp,
  newPkce,
  newTeam,
  responseOf,
} from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newFlow, newScene, newTokens, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

/** A person in two teams. */
async function twoTeams(app: object = {}): Promise<Scene & { readonly second: string }> {
  const scene = await newScene(server, app)
  const second = fresh('second')
  await newTeam(server, second, [scene.person])
  return { ...scene, second }
}

async function teamOf(scene: Scene, access: string): Promise<unknown> {
  const { clientId: client_id, secret: client_secret } = scene.app
  return (await call(server, '/o/introspect/', { form: { token: access, client_id, client_secret } })).json[
    'team'
  ]
}

test('OCS-27 a team that is asked for is the token’s team', async () => {
  const scene = await twoTeams({ scope: 'chatbot:read openid' })
  const { access } = await newTokens(scene, { team: scene.second })
  assert.equal(await teamOf(scene, access), scene.second)
  assert.equal((await call(server, '/o/userinfo/', { bearer: access })).json['team'], scene.second)
})

test('OCS-28 without one the person chooses among their own teams', async () => {
  const scene = await twoTeams()
  const foreign = fresh('foreign')
  await newTeam(server, foreign)
  const flow = newFlow(scene)
  const page = await scene.browser.open(authorizePath(flow))
  const offered = [...page.text.matchAll(/<input[^>]*name="team"[^>]*value="([^"]*)"/g)].map(
    ([, slug]) => slug,
  )
  assert.deepEqual(offered.sort(), [scene.team, scene.second].sort())
  const approved = await scene.browser.submit(page, { decision: 'approve', team: scene.second })
  const tokens = await redeem(server, flow, responseOf(approved).get('code') ?? '')
  assert.equal(await teamOf(scene, text(tokens, 'access_token')), scene.second)
})

test('OCS-29 nobody gets a token for a team that they are not in', async () => {
  const scene = await twoTeams()
  const foreign = fresh('foreign')
  await newTeam(server, foreign)
  const page = await scene.browser.open(authorizePath(newFlow(scene, { team: foreign })))
  assert.equal(page.status, 200, 'the person chooses anew')
  assert.match(page.text, /not a member/)
  const posted = await scene.browser.submit(page, { decision: 'approve', team: foreign })
  assert.equal(posted.status, 403)
  assert.equal(posted.headers.location, undefined)
})

async function ownedApp(scene: Scene): Promise<Scene> {
  const app = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback],
    scope: 'chatbot:read',
    team: scene.teamId,
  })
  return { ...scene, app }
}

test('OCS-30 an app of a team gets tokens for that team, whatever is asked or posted', async () => {
  const scene = await twoTeams()
  const owned = await ownedApp(scene)
  assert.equal(await teamOf(owned, (await newTokens(owned, { team: scene.second })).access), scene.team)
  const flow = newFlow(owned, { more: { prompt: 'consent' } })
  const approved = await approve(owned.browser, authorizePath(flow), { team: scene.second })
  const tokens = await redeem(server, flow, responseOf(approved).get('code') ?? '')
  assert.equal(await teamOf(owned, text(tokens, 'access_token')), scene.team)
})

test('OCS-31 who is not in the app’s team gets a page, or access_denied where nothing may be shown', async () => {
  const owned = await ownedApp(await newScene(server))
  const stranger = { ...(await newScene(server)), app: owned.app }
  const page = await stranger.browser.open(authorizePath(newFlow(stranger)))
  assert.equal(page.status, 403)
  assert.match(page.headers['content-type'] ?? '', /^text\/html/)
  assert.match(page.text, /access_denied/)
  assert.equal(page.headers.location, undefined)
  const silent = await stranger.browser.open(
    authorizePath(newFlow(stranger, { more: { prompt: 'none', state: 's' } })),
  )
  assert.equal(silent.status, 302)
  assert.equal(responseOf(silent).get('error'), 'access_denied')
  assert.equal(responseOf(silent).get('state'), 's')
  assert.equal(responseOf(silent).has('code'), false)
})

test('OCS-32 and never by way of an unregistered address', async () => {
  const owned = await ownedApp(await newScene(server))
  const stranger = { ...(await newScene(server)), app: owned.app }
  const path = authorizePath(
    newFlow(stranger, { redirectUri: 'https://evil.example/', more: { prompt: 'none' } }),
  )
  const answer = await stranger.browser.open(path)
  assert.equal(answer.status, 400)
  assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
  assert.equal(answer.headers.location, undefined)
})

test('OCS-33 who is removed from the team is out at the next request', async () => {
  const scene = await newScene(server)
  const { access, refresh } = await newTokens(scene)
  assert.equal((await call(server, '/api/chatbots/', { bearer: access })).status, 200)
  await administer(server, 'DELETE', `/teams/${scene.teamId}/members/${scene.person.id}`)
  const refused = await call(server, '/api/chatbots/', { bearer: access })
  assert.equal(refused.status, 401)
  assert.match(refused.headers['www-authenticate'] ?? '', /error="invalid_token"/)
  const { clientId: client_id, secret: client_secret } = scene.app
  const refreshed = await call(server, '/o/token/', {
    form: { grant_type: 'refresh_token', refresh_token: refresh, client_id, client_secret },
  })
  assert.equal(refreshed.json['error'], 'invalid_grant')
})

interface Machine {
  readonly scene: Scene
  ask(scope?: string): Promise<Answer>
}

async function newMachine(more: object = {}): Promise<Machine> {
  const scene = await newScene(server)
  const app = await newApp(server, {
    door: 'openchatstudio',
    grant_types: ['client_credentials'],
    team: scene.teamId,
    scope: 'chatbot:read session:write openid',
    ...more,
  })
  const { clientId: client_id, secret: client_secret } = app
  const ask = (scope?: string) =>
    call(server, '/o/token/', {
      form: {
        grant_type: 'client_credentials',
        client_id,
        client_secret,
        ...(scope !== undefined && { scope }),
      },
    })
  return { scene: { ...scene, app }, ask }
}

test('OCS-67 an app of a team gets a machine token, without refresh or ID token', async () => {
  const { scene, ask } = await newMachine()
  const answer = await ask()
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {
    access_token: text(answer, 'access_token'),
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'chatbot:read session:write',
  })
  assert.equal(await teamOf(scene, text(answer, 'access_token')), scene.team)
})

test('OCS-68 a machine is nobody to know: openid is refused', async () => {
  const answer = await (await newMachine()).ask('openid')
  assert.equal(answer.status, 400)
  assert.equal(answer.json['error'], 'invalid_scope')
})

test('OCS-69 a global app and an app for codes get no machine token', async () => {
  const scene = await newScene(server)
  for (const app of [scene.app, (await ownedApp(scene)).app]) {
    const answer = await call(server, '/o/token/', {
      form: { grant_type: 'client_credentials', client_id: app.clientId, client_secret: app.secret },
    })
    assert.equal(answer.status, 400)
    assert.equal(answer.json['error'], 'unauthorized_client')
  }
  await assert.rejects(
    newApp(server, { door: 'openchatstudio', grant_types: ['client_credentials'] }),
    /client_credentials is for confidential clients of a team/,
  )
})

/** A chatbot of the scene's team, made by a person with an app that may. */
async function newChatbot(scene: Scene): Promise<string> {
  const app = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback],
    scope: 'chatbot:read chatbot:write',
  })
  const { access } = await newTokens({ ...scene, app }, { pkce: newPkce() })
  return text(await call(server, '/api/chatbots/', { bearer: access, json: { name: fresh('bot') } }), 'id')
}

test('OCS-70 a machine is no person and sees its own team alone', async () => {
  const { scene, ask } = await newMachine()
  const bearer = text(await ask(), 'access_token')
  assert.equal((await call(server, '/api/user/me/', { bearer })).status, 403)
  const foreign = await newChatbot(await newScene(server))
  assert.equal((await call(server, `/api/chatbots/${foreign}/`, { bearer })).status, 404)
  assert.equal((await call(server, `/api/chatbots/${await newChatbot(scene)}/`, { bearer })).status, 200)
})

test('OCS-71 a machine with a list may use what is on it; an empty list is none', async () => {
  const { scene, ask } = await newMachine({ scope: 'chatbot:read session:read session:write' })
  const [listed, other] = [await newChatbot(scene), await newChatbot(scene)]
  const start = async (chatbot: string) =>
    call(server, `/api/chatbots/${chatbot}/sessions`, {
      method: 'POST',
      bearer: text(await ask(), 'access_token'),
      json: {},
    })
  const seen = async (path: string, member: string) => {
    const { text: body } = await call(server, path, { bearer: text(await ask(), 'access_token') })
    return (JSON.parse(body) as Record<string, unknown>[]).map((row) => row[member])
  }
  assert.equal((await start(other)).status, 201, 'without a list all of the team’s')
  await administer(server, 'PATCH', `/clients/${scene.app.clientId}`, { resources: [listed] })
  assert.equal((await start(listed)).status, 201)
  assert.equal((await start(other)).status, 403)
  assert.deepEqual(await seen('/api/chatbots/', 'id'), [listed])
  assert.deepEqual(await seen('/api/sessions/', 'chatbot'), [listed])
  await administer(server, 'PATCH', `/clients/${scene.app.clientId}`, { resources: [] })
  assert.equal((await start(listed)).status, 403)
  assert.deepEqual(await seen('/api/chatbots/', 'id'), [])
  assert.deepEqual(await seen('/api/sessions/', 'chatbot'), [])
  const audit = await administer(server, 'GET', '/audit?type=client.updated&limit=2')
  assert.ok(audit.text.includes(`resources=${listed}`), 'what the list became is recorded')
})
