import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  adminToken,
  authorizePath,
  approve,
  call,
  exchange,
  newApp,
  newPerson,
  responseOf,
  signedInBrowser,
} from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { vendorTokens } from '../support/vendors.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const endpoints: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/admin/accounts'],
  ['GET', '/admin/accounts/x'],
  ['PATCH', '/admin/accounts/x'],
  ['DELETE', '/admin/accounts/x'],
  ['POST', '/admin/teams'],
  ['PATCH', '/admin/teams/x'],
  ['DELETE', '/admin/teams/x'],
  ['PUT', '/admin/teams/x/members/y'],
  ['DELETE', '/admin/teams/x/members/y'],
  ['POST', '/admin/clients'],
  ['PATCH', '/admin/clients/x'],
  ['DELETE', '/admin/clients/x'],
  ['POST', '/admin/clients/x/secrets'],
  ['POST', '/admin/signing-keys'],
  ['GET', '/admin/audit'],
  ['POST', '/vendors'],
  ['GET', '/vendors/x'],
  ['PATCH', '/vendors/x'],
  ['DELETE', '/vendors/x'],
]

/** An access token of an app that an administrator allowed: theirs, and yet not theirs to administer with. */
async function adminsAppToken(): Promise<string> {
  const app = await newApp(server, { door: 'osir-oauth', redirect_uris: ['https://yourapp.com/callback'] })
  const flow = { app, redirectUri: 'https://yourapp.com/callback', authorize: '/oauth/authorize' }
  const browser = await signedInBrowser(server, server.demo.admin)
  const code = responseOf(await approve(browser, authorizePath(flow))).get('code') ?? ''
  return text(await exchange(server, '/oauth/token', flow, code), 'access_token')
}

test('nobody but an administrator who signed in administers', async () => {
  const person = await newPerson(server)
  const adminKey = text(
    await call(server, '/v1/api-keys', { bearer: await adminToken(server), json: { name: 'k' } }),
    'key',
  )
  const callers = {
    nobody: undefined,
    person: person.access,
    vendor: (await vendorTokens(server)).access,
    'an admin’s key': adminKey,
    'an admin’s app': await adminsAppToken(),
  }
  for (const [who, bearer] of Object.entries(callers)) {
    for (const [method, path] of endpoints) {
      const answer = await call(server, path, {
        method,
        ...(bearer !== undefined && { bearer }),
        ...(method !== 'GET' && method !== 'DELETE' && { json: {} }),
      })
      assert.ok(
        answer.status === 401 || answer.status === 403,
        `${who}: ${method} ${path} answers ${answer.status}`,
      )
    }
  }
  const admin = await call(server, '/admin/audit', { bearer: await adminToken(server) })
  assert.equal(admin.status, 200)
})

test('a list of objects can’t be widened by a space in one of its ids', async () => {
  const bearer = await adminToken(server)
  const app = { door: 'openchatstudio', name: 'x', redirect_uris: ['https://your-server/callback/'] }
  for (const resources of [['a b'], ['a\tb'], ['a', 'b\u00a0c']]) {
    assert.equal((await call(server, '/admin/clients', { bearer, json: { ...app, resources } })).status, 400)
  }
  assert.equal(
    (await call(server, '/admin/clients', { bearer, json: { ...app, resources: ['a', 'b'] } })).status,
    201,
  )
})

test('of 20 sign-ups with one address at once exactly one succeeds', async () => {
  const json = { email: 'race@example.com', password: 'correct horse battery' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => call(server, '/api/auth/signup/', { json })),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  for (const { status, json: body } of answers)
    if (status !== 201) assert.ok(status === 400 && Array.isArray(body['email']))
})
