import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { administer } from '../support/actors.ts'
import { hasOpenssl } from '../support/certificates.ts'
import {
  reaching,
  type Receiver,
  signedInApp,
  signOutInPortal,
  startLogoutServer,
  startReceiver,
} from '../support/logout.ts'
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
