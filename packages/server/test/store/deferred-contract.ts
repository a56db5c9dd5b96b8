import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../../src/crypto/id.ts'
import type { NewDeferred, NewFamily, Store } from '../../src/store/contract/index.ts'
import { addSession, event, family, fresh, now, range } from './samples.ts'

const winners = (wins: readonly boolean[]) => wins.filter(Boolean).length

function deferred(more: Partial<NewDeferred> = {}): NewDeferred {
  return {
    hash: fresh('device'),
    requestId: newId('dev_', now),
    userCode: fresh('user'),
    doorId: 'door',
    clientId: 'app_x',
    accountId: undefined,
    scope: ['a', 'b'],
    resources: [],
    details: [],
    bindingMessage: undefined,
    ip: '203.0.113.9',
    expiresAt: now + 600,
    interval: 5,
    ...more,
  }
}

const familyOf = (accountId: string): NewFamily & { readonly accountId: string } => ({
  ...family(),
  accountId,
})

async function added(store: Store, more: Partial<NewDeferred> = {}): Promise<NewDeferred> {
  const made = deferred(more)
  assert.equal(await store.deferred.add(made, event(), now), true)
  return made
}

const pollerOf = (store: Store, asked: NewDeferred) => (at: number) =>
  store.deferred.poll({ hash: asked.hash, doorId: asked.doorId, clientId: asked.clientId }, 5, at)

async function approved(store: Store, asked: NewDeferred): Promise<NewFamily> {
  const { hash, account } = await addSession(store)
  const made = familyOf(account.accountId)
  const by = { sessionHash: hash, event: event() }
  assert.equal(await store.deferred.approve(asked.requestId, made, by, now), true)
  return made
}

function pollContract(store: () => Store): void {
  test('a deferred request is found as it was made until it is over, and by its user code', async () => {
    const limits = { resources: ['https://a.example', 'https://b.example'], details: [{ type: 'payment' }] }
    const asked = await added(store(), limits)
    const found = await store().deferred.find(asked.requestId, now)
    assert.deepEqual(found, { ...asked, status: 'pending', createdAt: now })
    assert.deepEqual(await store().deferred.findByUserCode(asked.userCode ?? '', now + 599), found)
    assert.equal(await store().deferred.findByUserCode(asked.userCode ?? '', now + 600), undefined)
    assert.equal(await store().deferred.find(asked.requestId, now + 600), undefined)
  })

  test('of 20 requests with one user code exactly one is made', async () => {
    const userCode = fresh('same')
    const made = await Promise.all(
      range(20).map(() => store().deferred.add(deferred({ userCode }), event(), now)),
    )
    assert.equal(winners(made), 1)
  })

  test('of 30 polls in one moment exactly one is in time, and each of the others lengthens the interval', async () => {
    const poll = pollerOf(store(), await added(store()))
    const polled = await Promise.all(range(30).map(() => poll(now)))
    assert.equal(winners(polled.map((one) => one?.tooSoon === false)), 1)
    assert.equal((await poll(now + 149))?.tooSoon, true, '5 + 29 · 5 seconds')
    assert.equal((await poll(now + 149 + 155))?.tooSoon, false)
    assert.equal((await poll(now + 149 + 155))?.interval, 160)
  })

  test('a poll by another client or at another door finds nothing and counts for nothing', async () => {
    const asked = await added(store())
    const { hash, doorId, clientId } = asked
    assert.equal(await store().deferred.poll({ hash, doorId, clientId: 'app_other' }, 5, now), undefined)
    assert.equal(await store().deferred.poll({ hash, doorId: 'other', clientId }, 5, now), undefined)
    assert.equal((await pollerOf(store(), asked)(now))?.tooSoon, false)
  })

  test('what waits for somebody is listed for them alone', async () => {
    const asked = await added(store(), { accountId: fresh('acc'), userCode: undefined })
    const waiting = await store().deferred.waitingFor(asked.accountId ?? '', now)
    assert.deepEqual(
      waiting.map(({ requestId }) => requestId),
      [asked.requestId],
    )
    assert.deepEqual(await store().deferred.waitingFor(fresh('acc'), now), [])
    assert.equal(await store().deferred.deny(asked.requestId, 'acc_other', event(), now), false)
    assert.deepEqual(await store().deferred.waitingFor(asked.accountId ?? '', now + 600), [])
  })
}

function decisionContract(store: () => Store): void {
  test('of 20 approvals and refusals at once exactly one counts', async () => {
    const asked = await added(store())
    const { hash, account } = await addSession(store())
    const by = { sessionHash: hash, event: event() }
    const wins = await Promise.all(
      range(20).map((one) =>
        one % 2 === 0
          ? store().deferred.approve(asked.requestId, familyOf(account.accountId), by, now)
          : store().deferred.deny(asked.requestId, account.accountId, event(), now),
      ),
    )
    assert.equal(winners(wins), 1)
  })

  test('an approval after the end, or by a session that is over, leaves no family and no consent', async () => {
    const asked = await added(store())
    const { hash, account } = await addSession(store())
    const made = { ...familyOf(account.accountId), clientId: fresh('app'), teamId: 'team_x' }
    const late = { sessionHash: hash, event: event() }
    const gone = { sessionHash: 'gone', event: event() }
    assert.equal(await store().deferred.approve(asked.requestId, made, late, now + 600), false)
    assert.equal(await store().deferred.approve(asked.requestId, made, gone, now), false)
    assert.equal(await store().families.find(made.familyId), undefined)
    assert.equal(await store().clients.consent(account.accountId, made.clientId, made.teamId), undefined)
  })

  test('of 50 redemptions at once exactly one gets the family, whose clock starts then', async () => {
    const asked = await added(store())
    const made = await approved(store(), asked)
    const type = fresh('redeemed')
    const got = await Promise.all(
      range(50).map(() => store().deferred.redeem(asked.hash, event(type), now + 9)),
    )
    assert.equal(winners(got.map((one) => one !== undefined)), 1)
    assert.equal((await store().families.find(made.familyId))?.issuedAt, now + 9)
    assert.equal((await store().audit.list({ limit: 100, type })).length, 1)
    assert.equal((await pollerOf(store(), asked)(now))?.status, 'redeemed')
  })

  test('what was approved and then withdrawn is not redeemed', async () => {
    const asked = await added(store())
    const made = await approved(store(), asked)
    await store().families.end(made.familyId, event(), now)
    assert.equal(await store().deferred.redeem(asked.hash, event(), now), undefined)
    const polled = await pollerOf(store(), asked)(now)
    assert.equal(polled?.family?.endedAt, now)
  })

  test('what was not approved is not redeemed', async () => {
    const asked = await added(store())
    assert.equal(await store().deferred.redeem(asked.hash, event(), now), undefined)
    assert.equal((await pollerOf(store(), asked)(now))?.status, 'pending')
  })
}

/** Requests that are decided elsewhere: one decision, one redemption. */
export function deferredContract(store: () => Store): void {
  pollContract(store)
  decisionContract(store)
}
