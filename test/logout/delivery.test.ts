/** That an app hears of a logout, whatever happens in between. @see OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, describe, test } from 'node:test'
import { administer } from '../support/actors.ts'
import { hasOpenssl } from '../support/certificates.ts'
import {
  claimsOf,
  type Receiver,
  reaching,
  signedInApp,
  type SignedInApp,
  signOutInPortal,
  startLogoutServer,
  startReceiver,
} from '../support/logout.ts'
import { storeBytes, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'

let receiver: Receiver
let server: TestServer
before(async () => {
  if (skip) return
  receiver = await startReceiver()
  server = await startLogoutServer({}, reaching(receiver))
})
beforeEach(() => {
  if (!skip) receiver.answer(200)
})
after(async () => {
  if (skip) return
  await server.close()
  await receiver.close()
})

/** The notices that a server still has, as its database has them. */
function notices({ dataFolder }: TestServer): readonly { readonly tries: number; readonly dueAt: number }[] {
  const database = new DatabaseSync(join(dataFolder, 'sallyport.db'), { readOnly: true })
  const rows = database.prepare('SELECT tries, due_at FROM logout_notice').all()
  database.close()
  return rows.map((row) => ({ tries: Number(row['tries']), dueAt: Number(row['due_at']) }))
}

const audited = async (type: string, { app }: SignedInApp, at = server) => {
  const { data } = (await administer(at, 'GET', `/audit?type=${type}&limit=100`)).json as {
    readonly data: readonly Record<string, unknown>[]
  }
  return data.filter((one) => one['clientId'] === app.clientId)
}

const told = (at = server, path = '/told') =>
  signedInApp(at, { backchannel_logout_uri: receiver.origin + path })
const heardAt = (path: string) => receiver.heard.filter((one) => one.path === path)

describe('delivery', { skip }, () => {
  for (const status of [200, 204]) {
    test(`§2.8: ${status} is an answer: the notice is gone, and the audit log says so`, async () => {
      receiver.answer(status)
      const scene = await told()
      await signOutInPortal(scene.browser)
      await until(() => notices(server).length === 0)
      assert.equal((await audited('logout.told', scene)).length, 1)
    })
  }

  for (const status of [302, 400, 500, 'hang'] as const) {
    test(`§2.5: an app that answers ${status} is told again half a minute later, with a fresh token`, async () => {
      receiver.answer(status)
      const path = `/answers-${status}`
      const scene = await told(server, path)
      await signOutInPortal(scene.browser)
      await until(() => heardAt(path).length === 1)
      assert.deepEqual(notices(server), [{ tries: 1, dueAt: server.now() + 30 }])
      receiver.answer(200)
      await server.advance(30)
      await until(() => heardAt(path).length === 2 && notices(server).length === 0)
      const [first, second] = heardAt(path).map(({ token }) => claimsOf(token))
      assert.equal(second?.['iat'], Number(first?.['iat']) + 30)
      assert.notEqual(second?.['jti'], first?.['jti'])
      assert.equal(second?.['sid'], first?.['sid'])
      assert.equal(heardAt('/elsewhere').length, 0, 'a redirect is not followed')
    })
  }

  test('an app that never takes it is given up after six tries, and is no longer asked', async () => {
    receiver.answer(500)
    const path = '/never'
    const scene = await told(server, path)
    await signOutInPortal(scene.browser)
    for (const [index, pause] of [30, 120, 600, 3600, 6 * 3600].entries()) {
      await until(() => heardAt(path).length === index + 1)
      await until(() => notices(server)[0]?.tries === index + 1)
      assert.deepEqual(notices(server), [{ tries: index + 1, dueAt: server.now() + pause }])
      await server.advance(pause)
    }
    await until(() => notices(server).length === 0)
    assert.equal(heardAt(path).length, 6)
    const [given] = await audited('logout.given-up', scene)
    assert.equal(given?.['detail'], '6 tries; answered 500')
  })

  test('§2.5: a process that is killed before it could send leaves the notice to the next, which sends it', async () => {
    const own = await startLogoutServer({}, reaching(receiver))
    try {
      const path = '/killed'
      receiver.answer('hang')
      const scene = await told(own, path)
      await signOutInPortal(scene.browser)
      await own.kill()
      // Whether it had begun to send or not: the notice is on the disk, since the sign-out was answered.
      const [left] = notices(own)
      assert.ok(left !== undefined && left.tries <= 1)
      const heardBefore = heardAt(path).length
      receiver.answer(200)
      await own.restart()
      await own.advance(30)
      await until(() => heardAt(path).length > heardBefore && notices(own).length === 0)
      assert.equal(claimsOf(heardAt(path).at(-1)?.token ?? '')['sid'], scene.sid)
    } finally {
      await own.close()
    }
  })

  test('of two servers on one database one tells', async () => {
    const own = await startLogoutServer({}, reaching(receiver))
    const other = await startLogoutServer(
      {},
      { ...reaching(receiver), dataFolder: own.dataFolder, seed: false },
    )
    try {
      const path = '/two'
      const scenes = await Promise.all(Array.from({ length: 6 }, () => told(own, path)))
      for (const { browser } of scenes) await signOutInPortal(browser)
      await until(() => notices(own).length === 0)
      assert.equal(heardAt(path).length, 6)
      assert.equal(new Set(heardAt(path).map(({ token }) => claimsOf(token)['sid'])).size, 6)
    } finally {
      await other.stop()
      await own.close()
    }
  })

  test('an app that hangs keeps no other from hearing', async () => {
    receiver.answer('hang')
    const slow = await Promise.all(Array.from({ length: 8 }, () => told(server, '/slow')))
    for (const { browser } of slow) await signOutInPortal(browser)
    await until(() => heardAt('/slow').length > 0)
    const scene = await told(server, '/quick')
    receiver.answer(200)
    await signOutInPortal(scene.browser)
    await until(() => heardAt('/quick').length === 1)
    assert.ok(notices(server).length >= 4, 'the slow ones are not through')
    // The rest of the slow ones is told meanwhile or later: nothing of them stays for the tests after this.
    await until(async () => {
      await server.advance(30)
      return notices(server).length === 0
    })
  })

  test('an app that was removed is not told', async () => {
    receiver.answer(500)
    const scene = await told(server, '/removed')
    await signOutInPortal(scene.browser)
    await until(() => heardAt('/removed').length === 1)
    await administer(server, 'DELETE', `/clients/${scene.app.clientId}`)
    await server.advance(30)
    await until(() => notices(server).length === 0)
    assert.equal(heardAt('/removed').length, 1)
  })

  test('an address of a private network is never asked, unless it is allowed', async () => {
    const own = await startLogoutServer({}, { extraCertificates: receiver.authority.certPath })
    try {
      const scene = await told(own, '/private')
      const asked = receiver.asked()
      await signOutInPortal(scene.browser)
      await until(() => notices(own)[0]?.tries === 1)
      for (const pause of [30, 120, 600, 3600, 6 * 3600]) {
        const tries = notices(own)[0]?.tries ?? 0
        await own.advance(pause)
        await until(() => notices(own)[0]?.tries !== tries)
      }
      await until(() => notices(own).length === 0)
      assert.equal(receiver.asked(), asked)
      const [given] = await audited('logout.given-up', scene, own)
      assert.equal(given?.['detail'], '6 tries; an address of a private network')
    } finally {
      await own.close()
    }
  })

  test('no logout token is in the log or the database', async () => {
    const bytes = server.log() + (await storeBytes(server))
    assert.ok(receiver.heard.length > 0)
    for (const { token } of receiver.heard) assert.equal(bytes.includes(token.split('.')[2] ?? ''), false)
  })
})
