/** Clients that are pages of other origins. The sections are those of the Fetch Standard, unless another document is named. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { newProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { administer, type App, call, getCode, newApp } from '../support/actors.ts'
import type { Answer } from '../support/http.ts'
import { newFlow, newScene, newTokens, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

const page = 'https://app.example'
const other = 'https://other.example'
const secretive = 'https://server-side.example'
const stranger = 'https://stranger.example'
const redirectUri = `${page}/callback`

let server: TestServer
let scene: Scene
let neighbour: App
before(async () => {
  server = await startServer({
    doors: { openchatstudio: { browserClients: true, dpop: 'optional', pushedRequests: 'optional' } },
  })
  const app = (uri: string, type: string) => ({
    door: 'openchatstudio',
    type,
    redirect_uris: [uri],
    scope: 'openid chatbot:read',
  })
  scene = await newScene(server, app(redirectUri, 'public'))
  neighbour = await newApp(server, app(`${other}/cb`, 'public'))
  await newApp(server, app(`${secretive}/cb`, 'confidential'))
  await newApp(server, { ...app(`${stranger}/cb`, 'public'), door: 'osir-oauth', scope: 'domains:read' })
})
after(() => server.close())

const allowed = ({ headers }: Answer) => headers['access-control-allow-origin']
const endpoints = ['/o/token/', '/o/revoke_token/', '/o/userinfo/', '/o/par']
const preflight = (path: string, origin: string, method = 'POST') =>
  call(server, path, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'dpop',
    },
  })
const from = (origin: string, more: Readonly<Record<string, string>> = {}) => ({
  headers: { Origin: origin, ...more },
})

describe('the preflight (§4.8)', () => {
  for (const path of endpoints)
    test(`at ${path} lets pages of any public client of the door ask, and no other`, async () => {
      for (const [origin, expected] of [
        [page, page],
        [other, other],
        [secretive, undefined],
        [stranger, undefined],
        ['null', undefined],
        [`${page}.evil.example`, undefined],
        [`${page}/`, undefined],
        [page.toUpperCase(), undefined],
        ['http://app.example', undefined],
        [`${page}:8443`, undefined],
        [`https://${'a'.repeat(400)}.example`, undefined],
      ] as const) {
        const answer = await preflight(path, origin)
        assert.deepEqual([answer.status, allowed(answer)], [204, expected], origin)
        assert.equal(answer.headers['vary'], 'Origin', 'no cache takes the answer of one for another’s')
        assert.equal(answer.headers['access-control-allow-credentials'], undefined)
      }
    })

  test('names the methods of the endpoint, and the headers that a client needs', async () => {
    const { headers } = await preflight('/o/userinfo/', page, 'GET')
    assert.equal(headers['access-control-allow-methods'], 'GET, POST')
    assert.equal(headers['access-control-allow-headers'], 'authorization, content-type, dpop')
    assert.equal((await preflight('/o/token/', page)).headers['access-control-allow-methods'], 'POST')
  })

  test('of two Origins none is believed', async () => {
    const answer = await call(server, '/o/token/', { method: 'OPTIONS', headers: { Origin: [page, other] } })
    assert.equal(allowed(answer), undefined)
  })

  test('there is none where nothing is for pages', async () => {
    for (const path of ['/o/introspect/', '/o/authorize/']) {
      const answer = await preflight(path, page)
      assert.deepEqual([answer.status, allowed(answer)], [405, undefined], path)
    }
  })
})

describe('the answer (§3.2.3)', () => {
  const refresh = (client_id: string, origin: string) =>
    call(server, '/o/token/', {
      form: { grant_type: 'refresh_token', refresh_token: 'x', client_id },
      ...from(origin),
    })

  test('is for the page of the very client that asks, refusals too', async () => {
    const own = await refresh(scene.app.clientId, page)
    assert.deepEqual(
      [own.json['error'], allowed(own), own.headers['vary']],
      ['invalid_grant', page, 'Origin'],
    )
    assert.equal(allowed(await refresh(scene.app.clientId, other)), undefined, 'the page of another client')
    assert.equal(allowed(await refresh(neighbour.clientId, other)), other)
    for (const origin of [secretive, stranger, 'null'])
      assert.equal(allowed(await refresh(scene.app.clientId, origin)), undefined, origin)
    assert.equal(allowed(await refresh('nobody', page)), undefined)
  })

  test('of tokens, of userinfo and of a revocation is readable, and never with cookies', async () => {
    const { access, refresh: token } = await newTokens(scene, {
      redirectUri,
      scope: 'openid',
      team: scene.team,
    })
    const bearer = { Authorization: `Bearer ${access}` }
    const told = await call(server, '/o/userinfo/', from(page, bearer))
    assert.deepEqual([told.status, allowed(told)], [200, page])
    assert.equal(allowed(await call(server, '/o/userinfo/', from(other, bearer))), undefined)
    const refused = await call(server, '/o/userinfo/', from(page, { Authorization: 'Bearer x' }))
    assert.deepEqual([refused.status, allowed(refused)], [401, page])
    assert.match(String(refused.headers['access-control-expose-headers']), /WWW-Authenticate/)
    const form = { token, client_id: scene.app.clientId }
    const revoked = await call(server, '/o/revoke_token/', { form, ...from(page) })
    assert.deepEqual([revoked.status, allowed(revoked)], [200, page])
    for (const answer of [told, refused, revoked])
      assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  })

  test('of a pushed request is readable', async () => {
    const { pkce } = newFlow(scene)
    const form = {
      client_id: scene.app.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      code_challenge: pkce?.challenge ?? '',
      code_challenge_method: 'S256',
    }
    const answer = await call(server, '/o/par', { form, ...from(page) })
    assert.deepEqual([answer.status, allowed(answer)], [201, page], answer.text)
  })

  test('RFC 9449 §8: shows the nonce that the next proof needs', async () => {
    const flow = newFlow(scene, { redirectUri, scope: 'openid', team: scene.team })
    const code = await getCode(scene.browser, flow)
    const proof = await proofOf(await newProofKey(), {
      method: 'POST',
      url: `${server.base}/o/token/`,
      now: server.now(),
    })
    const form = {
      grant_type: 'authorization_code',
      code,
      client_id: scene.app.clientId,
      redirect_uri: redirectUri,
      code_verifier: flow.pkce?.verifier ?? '',
    }
    const answer = await call(server, '/o/token/', { form, ...from(page, { DPoP: proof }) })
    assert.deepEqual([answer.json['error'], allowed(answer)], ['use_dpop_nonce', page])
    assert.match(String(answer.headers['access-control-expose-headers']), /DPoP-Nonce/)
    assert.ok(answer.headers['dpop-nonce'])
  })

  test('where no page asks there is nothing about pages but that it could differ', async () => {
    const answer = await call(server, '/o/token/', { form: { client_id: scene.app.clientId } })
    assert.deepEqual([allowed(answer), answer.headers['vary']], [undefined, 'Origin'])
  })
})

describe('the origins of a client', () => {
  const may = async (origin: string) => allowed(await preflight('/o/token/', origin)) === origin

  test('follow its redirect addresses, and end with it', async () => {
    const [first, second] = ['https://first.example', 'https://second.example']
    const app = {
      door: 'openchatstudio',
      type: 'public',
      redirect_uris: [`${first}/a`, `${first}/b`],
      scope: 'openid',
    }
    const { clientId } = await newApp(server, app)
    assert.deepEqual([await may(first), await may(second)], [true, false])
    await administer(server, 'PATCH', `/clients/${clientId}`, { redirect_uris: [`${second}/a`] })
    assert.deepEqual([await may(first), await may(second)], [false, true])
    await administer(server, 'DELETE', `/clients/${clientId}`)
    assert.deepEqual([await may(first), await may(second)], [false, false])
  })

  test('of a database from before are listed at the first start', async (t) => {
    const first = await startServer({ doors: { openchatstudio: { browserClients: true } } })
    t.after(() => first.close())
    const old = 'https://old.example'
    await newApp(first, {
      door: 'openchatstudio',
      type: 'public',
      redirect_uris: [`${old}/cb`],
      scope: 'openid',
    })
    await first.stop()
    const db = new DatabaseSync(join(first.dataFolder, 'sallyport.db'))
    db.exec('DELETE FROM client_origin; UPDATE client SET origins_listed = NULL')
    db.close()
    await first.restart()
    const headers = { Origin: old, 'Access-Control-Request-Method': 'POST' }
    assert.equal(allowed(await call(first, '/o/token/', { method: 'OPTIONS', headers })), old)
  })
})

test('a door that says nothing of pages answers as the documents have it', async (t) => {
  const plain = await startServer()
  t.after(() => plain.close())
  for (const path of ['/o/token/', '/oauth/token', '/oauth/userinfo']) {
    const answer = await call(plain, path, { method: 'OPTIONS', ...from(page) })
    assert.deepEqual(
      [answer.status, allowed(answer), answer.headers['vary']],
      [405, undefined, undefined],
      path,
    )
  }
})

test('discovery and the keys are for every page, whatever it adds to the question', async () => {
  for (const path of [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/oauth',
    '/.well-known/jwks.json',
  ]) {
    const asked = await call(server, path, from(stranger))
    const first = await call(server, path, { method: 'OPTIONS', ...from(stranger) })
    assert.deepEqual([asked.status, allowed(asked)], [200, '*'], path)
    assert.deepEqual(
      [first.status, allowed(first), first.headers['access-control-allow-headers']],
      [204, '*', '*'],
      path,
    )
  }
})
