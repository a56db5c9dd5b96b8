import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, newApp } from '../support/actors.ts'
import { exchangeToken, grantType, startWith } from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newScene, newTokens, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'

// OpenID Connect Core §8.1, §17.3: a client that may not know who somebody is has their token, and can ask with it whatever a proxy
// asks. What the proxy is told for the API behind it would be told to the client.
let server: TestServer
let scene: Scene
before(async () => {
  const route = { shape: 'oauth', rule: { doors: ['openchatstudio'] } } as const
  const settings = { subjectTypes: ['public', 'pairwise'] }
  server = await startWith([grantType.exchange], settings, {
    forwardAuth: [
      { path: '/plain', ...route },
      { path: '/proof', ...route, token: true },
      { path: '/closed', ...route, token: true, tellsAccounts: true },
    ],
  })
  scene = await newScene(server, {
    subject_type: 'pairwise',
    grant_types: ['authorization_code', 'refresh_token', grantType.exchange],
  })
})
after(() => server.close())

const ask = (token: string, path: string) =>
  call(server, '/guard/forward-auth', {
    headers: {
      'X-Forwarded-Method': 'GET',
      'X-Forwarded-Uri': path,
      Authorization: `Bearer ${token}`,
    },
  })
const envoy = (token: string, path: string) => call(server, `/guard/envoy${path}`, { bearer: token })
const all = ({ headers, text: body }: Answer) => {
  const said = `${JSON.stringify(headers)}\n${body}`
  const parts = said.match(/[A-Za-z0-9_-]{16,}/g) ?? []
  return [said, ...parts.map((part) => Buffer.from(part, 'base64url').toString('latin1'))].join('\n')
}

test('by asking as a proxy does, such a client learns nothing of the account', async () => {
  const { access } = await newTokens(scene, { team: scene.team })
  const service = await newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.exchange],
    scope: 'chatbot:read',
  })
  const handedOn = text(await exchangeToken(server, service, access), 'access_token')
  for (const token of [access, handedOn])
    for (const path of ['/plain', '/proof'])
      for (const answer of [await ask(token, path), await envoy(token, path)]) {
        assert.equal(answer.status, 403, answer.text)
        assert.equal(all(answer).includes(scene.person.id), false)
        assert.equal(all(answer).includes(scene.teamId), false)
      }
})

test('a route whose operator keeps others from asking tells the API the account', async () => {
  const { access } = await newTokens(scene, { team: scene.team })
  const answer = await ask(access, '/closed')
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['x-auth-account'], scene.person.id)
})

test('clients that know the account anyhow go on to pass everywhere', async () => {
  const app = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback],
    scope: 'chatbot:read',
  })
  const { access } = await newTokens({ ...scene, app }, { scope: 'chatbot:read', team: scene.team })
  const answer = await ask(access, '/plain')
  assert.equal(answer.headers['x-auth-account'], scene.person.id)
})
