/** What limits a token by resource (RFC 8707) or in detail (RFC 9396) limits what other grants make of it too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type App, approve, authorizePath, newApp, responseOf } from '../support/actors.ts'
import {
  approveDevice,
  askForDevice,
  exchangeToken,
  grantType,
  newDeviceApp,
  pollDevice,
  startWith,
} from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'

const billing = 'https://billing.example/v1'
const payment = { type: 'payment', amount: '12.50', currency: 'EUR', creditor: 'Merchant A' }
const other = { ...payment, amount: '3.00', creditor: 'Merchant B' }
const json = JSON.stringify

let server: TestServer
let scene: Scene
let back: App
before(async () => {
  server = await startWith([grantType.exchange, grantType.device], {
    resources: { [billing]: 'Billing' },
    authorizationDetails: ['payment'],
  })
  scene = await newScene(server)
  back = await newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.exchange],
    scope: 'chatbot:read',
  })
})
after(() => server.close())

const claimsOf = (answer: Answer) => decodeJwt(text(answer, 'access_token'))

async function accessWith(more: Readonly<Record<string, string>>): Promise<string> {
  const flow = newFlow(scene, { team: scene.team, more })
  const answer = await approve(scene.browser, authorizePath(flow))
  return text(await redeem(server, flow, responseOf(answer).get('code') ?? ''), 'access_token')
}

test('an exchange keeps the details of the subject token, or fewer, and adds none', async () => {
  const access = await accessWith({ authorization_details: json([payment, other]) })
  const all = await exchangeToken(server, back, access)
  assert.deepEqual(claimsOf(all)['authorization_details'], [payment, other])
  assert.deepEqual(all.json['authorization_details'], [payment, other])
  const fewer = await exchangeToken(server, back, access, { authorization_details: json([other]) })
  assert.deepEqual(claimsOf(fewer)['authorization_details'], [other])
  const again = { authorization_details: json([payment]) }
  const wider = await exchangeToken(server, back, text(fewer, 'access_token'), again)
  assert.equal(wider.json['error'], 'invalid_authorization_details')
})

test('an exchange narrows to a resource that the door knows, and one for it alone stays for it alone', async () => {
  const access = await accessWith({})
  const narrow = await exchangeToken(server, back, access, { resource: billing })
  assert.equal(claimsOf(narrow).aud, billing)
  const unknown = await exchangeToken(server, back, access, { resource: 'https://files.example/v1' })
  assert.equal(unknown.json['error'], 'invalid_target')
  const wider = await exchangeToken(server, back, text(narrow, 'access_token'), { audience: server.base })
  assert.equal(wider.json['error'], 'invalid_target')
  const issuer = await exchangeToken(server, back, text(narrow, 'access_token'), { resource: server.base })
  assert.equal(issuer.json['error'], 'invalid_target')
  const granted = await exchangeToken(server, back, await accessWith({ resource: billing }))
  assert.equal(claimsOf(granted).aud, billing)
  const again = await exchangeToken(server, back, text(granted, 'access_token'), { resource: billing })
  assert.equal(claimsOf(again).aud, billing)
})

test('a device may narrow its tokens to a resource, and has no details to name', async () => {
  const app = await newDeviceApp(server)
  const asked = await askForDevice(server, app)
  await approveDevice(scene, text(asked, 'user_code'))
  const code = text(asked, 'device_code')
  const details = await pollDevice(server, app, code, { authorization_details: json([payment]) })
  assert.equal(details.json['error'], 'invalid_authorization_details')
  await server.advance(60)
  const tokens = await pollDevice(server, app, code, { resource: billing })
  assert.equal(tokens.status, 200, tokens.text)
  assert.equal(claimsOf(tokens).aud, billing)
})
