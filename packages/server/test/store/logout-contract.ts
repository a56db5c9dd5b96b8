import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../../src/crypto/id.ts'
import type {
  BrowserSession,
  Client,
  LogoutNotice,
  NewAccount,
  Store,
} from '../../src/store/contract/index.ts'
import { addAccount, addClient, event, family, fresh, now, range } from './samples.ts'

const logout = {
  postLogoutRedirectUris: ['https://app.example/bye'],
  backchannelUri: 'https://app.example/out',
  backchannelSessionRequired: true,
  frontchannelUri: 'https://app.example/frame',
  frontchannelSessionRequired: false,
}

async function signIn(
  store: Store,
  account: NewAccount,
  more: { readonly replaces?: string; readonly expiresAt?: number } = {},
): Promise<BrowserSession> {
  const { replaces, expiresAt = now + 1000 } = more
  const hash = fresh('session')
  const session = {
    sessionId: newId('ses_', now),
    hash,
    accountId: account.accountId,
    authenticatedAt: now,
    expiresAt,
    ...(replaces !== undefined && { replaces: { hash: replaces, event: event() } }),
  }
  assert.equal(await store.accounts.addSession(session, account, event(), now), true)
  return (await store.accounts.findSession(hash, now)) ?? assert.fail()
}

/** A family of an app in a session. */
async function visit(
  store: Store,
  { presenceId, accountId }: BrowserSession,
  {
    app = {},
    scope = ['openid'],
    endsWithIt = false,
  }: { app?: Partial<Client>; scope?: string[]; endsWithIt?: boolean } = {},
): Promise<{ readonly clientId: string; readonly familyId: string }> {
  const clientId = await addClient(store, { logout, ...app })
  const made = family({ accountId, clientId, scope, presence: { presenceId, endsWithIt } })
  await store.families.create(made, event(), now)
  return { clientId, familyId: made.familyId }
}

const everything = { most: 1000, perClient: 1000, perAccount: 1000 }

/** Sessions, and which clients have to hear of their end. */
export function logoutContract(store: () => Store): void {
  const all = everything
  const due = async (clientId: string, at = now): Promise<readonly LogoutNotice[]> =>
    (await store().logouts.due(all, at)).filter((one) => one.clientId === clientId)
  const isTold = async (clientId: string) => (await due(clientId)).length === 1

  test('what a client says of logout is kept, replaced as a whole, and left out where it said nothing', async () => {
    const clientId = await addClient(store(), { logout })
    const found = async () => (await store().clients.find(clientId, now))?.logout
    assert.deepEqual(await found(), logout)
    const less = { ...logout, postLogoutRedirectUris: [], frontchannelUri: undefined }
    await store().clients.update(clientId, { name: 'n', logout: less }, event(), now)
    assert.deepEqual(await found(), less)
    await store().clients.update(clientId, { name: 'm' }, event(), now)
    assert.deepEqual(await found(), less)
    const plain = await store().clients.find(await addClient(store()), now)
    assert.equal(plain && 'logout' in plain, false)
  })

  test('the end of a session tells its clients once, ends what ends with it, and returns who is framed', async () => {
    const session = await signIn(store(), await addAccount(store()))
    const { presenceId, accountId } = session
    const [kept, ended] = [await visit(store(), session), await visit(store(), session, { endsWithIt: true })]
    const silent = await visit(store(), session, {
      app: { logout: { ...logout, backchannelUri: undefined, frontchannelUri: undefined } },
    })
    const noIdToken = await visit(store(), session, { scope: ['openid2', 'a'] })
    const type = fresh('end')
    const ends = await Promise.all(
      range(10).map(() => store().accounts.endSession(session.hash, event(type), now)),
    )
    assert.equal((await store().audit.list({ limit: 100, type })).length, 1)
    const framed = ends.flat().map(({ clientId, doorId, uri }) => [clientId, doorId, uri])
    const wanted = [kept, ended].map(({ clientId }) => [clientId, 'door', logout.frontchannelUri])
    assert.deepEqual(framed.sort(), wanted.sort())
    assert.deepEqual(await due(kept.clientId), [
      { presenceId, clientId: kept.clientId, doorId: 'door', accountId, tries: 0, createdAt: now },
    ])
    assert.ok(await isTold(ended.clientId))
    for (const { clientId } of [silent, noIdToken]) assert.equal(await isTold(clientId), false)
    assert.equal((await store().families.find(kept.familyId))?.endedAt, undefined)
    assert.equal((await store().families.find(ended.familyId))?.endedAt, now)
    assert.deepEqual((await store().families.find(ended.familyId))?.presence, {
      presenceId,
      endsWithIt: true,
    })
  })

  test('another session of the person, and a session of somebody else, stay as they are', async () => {
    const account = await addAccount(store())
    const [here, there] = [await signIn(store(), account), await signIn(store(), account)]
    const stranger = await signIn(store(), await addAccount(store()))
    assert.notEqual(here.presenceId, there.presenceId)
    const apps = [
      await visit(store(), there, { endsWithIt: true }),
      await visit(store(), stranger, { endsWithIt: true }),
    ]
    await store().accounts.endSession(here.hash, event(), now)
    for (const { clientId, familyId } of apps) {
      assert.equal(await isTold(clientId), false)
      assert.equal((await store().families.find(familyId))?.endedAt, undefined)
    }
  })

  test('a person who signs in again goes on with the presence; for another one it is over', async () => {
    const account = await addAccount(store())
    const first = await signIn(store(), account)
    const app = await visit(store(), first, { endsWithIt: true })
    const second = await signIn(store(), account, { replaces: first.hash })
    assert.equal(second.presenceId, first.presenceId)
    assert.notEqual(second.sessionId, first.sessionId)
    assert.equal(await store().accounts.findSession(first.hash, now), undefined)
    assert.equal(await isTold(app.clientId), false)
    assert.equal(await store().accounts.isPresent(first.presenceId, now), true)
    const other = await signIn(store(), await addAccount(store()), { replaces: second.hash })
    assert.notEqual(other.presenceId, first.presenceId)
    assert.ok(await isTold(app.clientId))
    assert.equal((await store().families.find(app.familyId))?.endedAt, now)
    assert.equal(await store().accounts.isPresent(first.presenceId, now), false)
  })

  test('of ten who sign in again at once with one cookie exactly one goes on with the presence', async () => {
    const account = await addAccount(store())
    const first = await signIn(store(), account)
    const again = await Promise.all(
      Array.from({ length: 10 }, () => signIn(store(), account, { replaces: first.hash })),
    )
    assert.equal(again.filter(({ presenceId }) => presenceId === first.presenceId).length, 1)
    assert.equal(new Set(again.map(({ presenceId }) => presenceId)).size, 10)
  })

  test('a session that is over is not gone on with', async () => {
    const account = await addAccount(store())
    const first = await signIn(store(), account, { expiresAt: now + 10 })
    const app = await visit(store(), first)
    const replaces = { hash: first.hash, event: event() }
    const hash = fresh('session')
    const late = {
      sessionId: newId('ses_', now),
      hash,
      accountId: account.accountId,
      authenticatedAt: now + 10,
      expiresAt: now + 99,
    }
    await store().accounts.addSession({ ...late, replaces }, account, event(), now + 10)
    assert.equal((await store().accounts.findSession(hash, now + 10))?.presenceId, late.sessionId)
    assert.equal((await due(app.clientId, now + 10)).length, 1)
  })

  test('a changed password and a disabled or removed account tell the clients of every session', async () => {
    for (const end of ['password', 'disable', 'remove'] as const) {
      const account = await addAccount(store())
      const { accountId } = account
      const apps = [
        await visit(store(), await signIn(store(), account)),
        await visit(store(), await signIn(store(), account)),
      ]
      if (end === 'password')
        await store().accounts.setPassword({ accountId, expected: 'hash-1', passwordHash: 'x' }, event(), now)
      if (end === 'disable') await store().accounts.setDisabled(accountId, true, event(), now)
      if (end === 'remove') await store().accounts.remove(accountId, event(), now)
      for (const { clientId } of apps) assert.ok(await isTold(clientId), end)
    }
  })

  test('of 20 that take a notice exactly one does, and it is due again when that one said', async () => {
    const session = await signIn(store(), await addAccount(store()))
    const { clientId } = await visit(store(), session)
    await store().accounts.endSession(session.hash, event(), now)
    const [notice] = await due(clientId)
    assert.ok(notice)
    const takes = await Promise.all(range(20).map(() => store().logouts.take(notice, now + 30)))
    assert.equal(takes.filter(Boolean).length, 1)
    assert.equal((await due(clientId, now + 29)).length, 0)
    const [again] = await due(clientId, now + 30)
    assert.equal(again?.tries, 1)
    await store().logouts.close(notice, event(), now)
    assert.equal((await due(clientId, now + 30)).length, 0)
    assert.equal(await store().logouts.take(notice, now), false)
  })

  test('whoever watches is told of each step that made a notice, of no other, and when the next is due', async () => {
    let told = 0
    store().logouts.watch(() => (told += 1))
    const account = await addAccount(store())
    const [here, there] = [await signIn(store(), account), await signIn(store(), account)]
    await visit(store(), here)
    await store().accounts.endSession(there.hash, event(), now)
    assert.equal(told, 0, 'nobody was there')
    await store().accounts.endSession(here.hash, event(), now)
    assert.equal(told, 1)
    await store().accounts.endSession(here.hash, event(), now)
    assert.equal(told, 1)
    const left = await store().logouts.due(all, now + 1000)
    assert.equal(await store().logouts.nextDue(), now)
    for (const notice of left) await store().logouts.close(notice, event(), now)
    assert.equal(await store().logouts.nextDue(), undefined)
  })

  test('what is due of one client does not stand before what is due of others', async () => {
    const account = await addAccount(store())
    const clientId = await addClient(store(), { logout })
    for (const _ of range(5)) {
      const session = await signIn(store(), account)
      const presence = { presenceId: session.presenceId, endsWithIt: false }
      await store().families.create(family({ clientId, scope: ['openid'], presence }), event(), now)
      await store().accounts.endSession(session.hash, event(), now)
    }
    const other = await signIn(store(), account)
    await visit(store(), other)
    await store().accounts.endSession(other.hash, event(), now)
    const some = await store().logouts.due({ ...all, perClient: 2 }, now)
    assert.equal(some.filter((one) => one.clientId === clientId).length, 2)
    assert.equal((await store().logouts.due({ ...all, most: 3, perClient: 2 }, now)).length, 3)
  })

  test('what is due of one person does not stand before what is due of others, however many apps they have', async () => {
    const [busy, other] = [await addAccount(store()), await addAccount(store())]
    const session = await signIn(store(), busy)
    for (const _ of range(6)) await visit(store(), session)
    await store().accounts.endSession(session.hash, event(), now)
    const theirs = await signIn(store(), other)
    await visit(store(), theirs)
    await store().accounts.endSession(theirs.hash, event(), now)
    const some = await store().logouts.due({ ...all, perAccount: 2 }, now)
    const of = ({ accountId }: { readonly accountId: string }) =>
      some.filter((one) => one.accountId === accountId).length
    assert.deepEqual([of(busy), of(other)], [2, 1])
    const turns = (await store().logouts.due(all, now)).map((one) => one.accountId)
    assert.ok(turns.indexOf(other.accountId) < turns.lastIndexOf(busy.accountId) - 4, 'each in turn')
  })
}

/** What the sweep of sessions tells; it is later than anything that other tests do. */
export function logoutSweepContract(store: () => Store): void {
  test('the sweep of sessions that are over tells their clients', async () => {
    const account = await addAccount(store())
    const [short, long] = [
      await signIn(store(), account, { expiresAt: now + 10 }),
      await signIn(store(), account),
    ]
    const [gone, there] = [
      await visit(store(), short, { endsWithIt: true }),
      await visit(store(), long, { endsWithIt: true }),
    ]
    await store().sweep(now + 11)
    const notices = await store().logouts.due(everything, now + 11)
    const told = notices.map(({ clientId }) => clientId)
    assert.ok(told.includes(gone.clientId))
    assert.equal(told.includes(there.clientId), false)
    assert.equal((await store().families.find(gone.familyId))?.endedAt, now + 11)
    assert.equal((await store().families.find(there.familyId))?.endedAt, undefined)
  })
}
