import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { type App, approve, authorizePath, call, newApp, responseOf } from '../support/actors.ts'
import {
  askForDevice,
  credentials,
  enterCode,
  grantType,
  newDeviceApp,
  pollDevice,
  startWith,
} from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { callback, newFlow, newScene, type Scene } from '../support/ocs.ts'
import type { TestServer } from '../support/server.ts'

// RFC 8707 §2, RFC 9396 §2: what limits a request limits it too where it is decided on another device.
const billing = 'https://billing.example/v1'
const files = 'https://files.example/v1'
const payment = { type: 'payment', amount: '12.50', currency: 'EUR', creditor: '<b>Merchant A' }
const details = JSON.stringify([payment])
const limits = { resource: billing, authorization_details: details }
let server: TestServer
let scene: Scene
let app: App
before(async () => {
  server = await startWith([grantType.device, grantType.backchannel], {
    resources: { [billing]: 'Billing', [files]: 'Files' },
    authorizationDetails: ['payment'],
  })
  app = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token', grantType.device, grantType.backchannel],
    scope: 'openid chatbot:read',
  })
  scene = { ...(await newScene(server)), app }
})
after(() => server.close())

type Form = Readonly<Record<string, string>>
const askByName = (more: Form): Promise<Answer> =>
  call(server, '/o/backchannel_authentication', {
    form: { scope: 'openid chatbot:read', login_hint: scene.person.email, ...credentials(app), ...more },
  })

/** What the page for the person says, and how it is answered. */
async function pageFor(asked: Answer): Promise<Answer> {
  if ('user_code' in asked.json) return enterCode(scene, text(asked, 'user_code'))
  const account = await scene.browser.open('/account')
  const [, href = ''] = [...account.text.matchAll(/href="(\/account\/requests\/[^"]+)"/g)].at(-1) ?? []
  return scene.browser.open(href)
}
const poll = (asked: Answer, more: Form = {}): Promise<Answer> =>
  'device_code' in asked.json
    ? pollDevice(server, app, text(asked, 'device_code'), more)
    : call(server, '/o/token', {
        form: {
          grant_type: grantType.backchannel,
          auth_req_id: text(asked, 'auth_req_id'),
          ...credentials(app),
          ...more,
        },
      })

const ways: readonly [name: string, ask: (more: Form) => Promise<Answer>][] = [
  ['a device', (more) => askForDevice(server, app, more)],
  ['an app that asks by name', askByName],
]
for (const [name, ask] of ways) {
  test(`${name} that names an API and a payment says so to the person, and gets no more`, async () => {
    const asked = await ask(limits)
    assert.equal(asked.status, 200, asked.text)
    const page = await pageFor(asked)
    assert.match(page.text, /pay 12\.50 EUR to &lt;b&gt;Merchant A/)
    assert.match(page.text, /Billing<\/bdi> <code>https:\/\/billing\.example\/v1/)
    await scene.browser.submit(page, { decision: 'approve', team: scene.team })
    const wider = await poll(asked, { resource: files })
    assert.equal(wider.json['error'], 'invalid_target')
    await server.advance(60)
    const tokens = await poll(asked)
    assert.equal(tokens.status, 200, tokens.text)
    const claims = decodeJwt(text(tokens, 'access_token'))
    assert.deepEqual([claims.aud, claims['authorization_details']], [billing, [payment]])
    const refreshed = await call(server, '/o/token', {
      form: {
        grant_type: 'refresh_token',
        refresh_token: text(tokens, 'refresh_token'),
        resource: files,
        ...credentials(app),
      },
    })
    assert.equal(refreshed.json['error'], 'invalid_target')
  })

  test(`${name} that names what the door does not know is refused at once`, async () => {
    const refused: [more: Form, error: string][] = [
      [{ resource: 'https://evil.example' }, 'invalid_target'],
      [{ authorization_details: 'x' }, 'invalid_authorization_details'],
      [{ authorization_details: '[{"type":"constructor"}]' }, 'invalid_authorization_details'],
      [{ authorization_details: '[{"type":"payment"}]' }, 'invalid_authorization_details'],
    ]
    for (const [more, error] of refused) {
      const answer = await ask(more)
      assert.deepEqual([answer.status, answer.json['error']], [400, error], answer.text)
    }
  })
}

test('approving a device for one API does not allow the app every API', async () => {
  const more = { state: 's', resource: files }
  const pathTo = () => authorizePath(newFlow(scene, { team: scene.team, scope: 'chatbot:read', more }))
  await approve(
    scene.browser,
    authorizePath(newFlow(scene, { team: scene.team, scope: 'chatbot:read', more })),
  )
  assert.ok(responseOf(await scene.browser.open(pathTo())).has('code'), 'it stands')
  const asked = await askForDevice(server, app, { resource: billing, scope: 'chatbot:read' })
  await scene.browser.submit(await pageFor(asked), { decision: 'approve', team: scene.team })
  assert.equal((await scene.browser.open(pathTo())).status, 200, 'what was allowed last is another API')
})

test('a public device is limited like any other', async () => {
  const screen = await newDeviceApp(server)
  const asked = await askForDevice(server, screen, limits)
  const page = await enterCode(scene, text(asked, 'user_code'))
  await scene.browser.submit(page, { decision: 'approve', team: scene.team })
  const claims = decodeJwt(text(await pollDevice(server, screen, text(asked, 'device_code')), 'access_token'))
  assert.deepEqual([claims.aud, claims['authorization_details']], [billing, [payment]])
})
