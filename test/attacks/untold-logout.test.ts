import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { administer, newApp, signedInBrowser } from '../support/actors.ts'
import { hasOpenssl } from '../support/certificates.ts'
import {
  reaching,
  type Receiver,
  signedInApp,
  signOutInPortal,
  startLogoutServer,
  startReceiver,
  tokensOf,
} from '../support/logout.ts'
import { callback } from '../support/ocs.ts'
import { freePort, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

// OpenID Connect Back-Channel Logout §2.5, §2.6: a logout token is signed as the client registered for ID tokens. One app whose
// algorithm nothing signs with any more must not keep all others from hearing who has signed out.
const skip = !hasOpenssl && 'openssl is not on this machine'
let receiver: Receiver
let server: TestServer
let dataFolder = ''
before(async () => {
  if (skip) return
  receiver = await startReceiver()
  const [port, options] = [await freePort(), reaching(receiver)]
  const first = await startLogoutServer({}, { ...options, port })
  dataFolder = first.dataFolder
  await first.stop()
  const signing = { algorithm: 'RS256' } as const
  const again = { ...options, port, dataFolder, seed: false, startAt: first.now(), signing }
  const second = await startLogoutServer({}, again)
  server = Object.create(second, { demo: { value: first.demo } })
})
after(async () => {
  if (skip) return
  await server.close()
  await receiver.close()
})

const told = (path: string, more: object = {}) =>
  signedInApp(server, { backchannel_logout_uri: receiver.origin + path, ...more })
const heardAt = (path: string) => receiver.heard.filter((one) => one.path === path).length

function notices(): readonly { readonly tries: unknown }[] {
  const database = new DatabaseSync(join(dataFolder, 'sallyport.db'), { readOnly: true })
  const rows = database.prepare('SELECT tries FROM logout_notice').all()
  database.close()
  return rows.map((row) => ({ tries: row['tries'] }))
}

test('an app that nothing can be signed for keeps no other from hearing, and is given up like any other', {
  skip,
}, async () => {
  const lost = await told('/lost', { id_token_signed_response_alg: 'ES256' })
  await server.advance(601)
  await signOutInPortal(lost.browser)
  await until(() => notices()[0]?.tries === 1)
  for (const path of ['/one', '/two', '/three']) {
    const other = await told(path)
    await signOutInPortal(other.browser)
    await until(() => heardAt(path) === 1)
  }
  for (const [index, pause] of [30, 120, 600, 3600, 6 * 3600].entries()) {
    await server.advance(pause)
    await until(() => (notices()[0]?.tries ?? 6) === index + 2)
  }
  await until(() => notices().length === 0)
  assert.equal(heardAt('/lost'), 0)
  const { data } = (await administer(server, 'GET', '/audit?type=logout.given-up')).json as {
    readonly data: readonly Record<string, unknown>[]
  }
  const [given] = data.filter((one) => one['clientId'] === lost.app.clientId)
  assert.match(String(given?.['detail']), /6 tries; registered for an algorithm/)
})

test('somebody with many apps that hang, and many sessions, does not stand before anybody else', {
  skip,
}, async () => {
  receiver.answer('hang')
  const scene = await told('/slow0')
  const apps = [scene.app]
  for (let index = 1; index < 8; index += 1)
    apps.push(
      await newApp(server, {
        door: 'openchatstudio',
        redirect_uris: [callback],
        scope: 'openid chatbot:read',
        backchannel_logout_uri: `${receiver.origin}/slow${index}`,
      }),
    )
  for (let session = 0; session < 8; session += 1) {
    const browser = await signedInBrowser(server, scene.person)
    for (const app of apps) await tokensOf({ ...scene, app, browser })
  }
  const other = await told('/other')
  const asked = receiver.asked()
  // All of theirs at once.
  await administer(server, 'PATCH', `/accounts/${scene.person.id}`, { disabled: true })
  await until(() => receiver.asked() > asked)
  await signOutInPortal(other.browser)
  await until(() => heardAt('/other') === 1)
  assert.ok(receiver.asked() - asked < 30, 'before most of their 64')
})
