import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lostStanding } from '../../src/grants/standing.ts'
import type { Family, Store } from '../../src/store/contract/index.ts'
import { openSqlStore } from '../../src/store/sql/open.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { addAccount, event, family, now } from '../store/samples.ts'

let folder: string
let store: Store
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-standing-'))
  store = await openSqlStore(
    openSqlite({ path: join(folder, 'x.db'), onFatal: (error) => assert.fail(String(error)) }),
  )
})
after(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

/** A family of a person in their own team. It was made while a change was on its way, so nothing has ended it. */
async function newFamily(): Promise<Family & { readonly accountId: string; readonly teamId: string }> {
  const { accountId, homeTeamId } = await addAccount(store)
  const made = { ...family({ clientId: undefined }), accountId, teamId: homeTeamId }
  return {
    ...made,
    jkt: undefined,
    x5t: undefined,
    gen: 1,
    issuedAt: now,
    previousIssuedAt: undefined,
    createdAt: now,
    endedAt: undefined,
  }
}

test('who is in good standing has lost nothing', async () => {
  assert.equal(await lostStanding(await newFamily(), store, now), undefined)
})

test('a disabled, a deleted, a suspended and a removed party each count, whatever became of the family', async () => {
  const changes: readonly (readonly [
    RegExp,
    (of: { readonly accountId: string; readonly teamId: string }) => Promise<unknown>,
  ])[] = [
    [/disabled/, ({ accountId }) => store.accounts.setDisabled(accountId, true, event(), now)],
    [/deleted/, ({ accountId }) => store.accounts.remove(accountId, event(), now)],
    [/team not active/, ({ teamId }) => store.teams.update(teamId, { status: 'suspended' }, event(), now)],
    [
      /no longer a member/,
      ({ accountId, teamId }) => store.teams.removeMember(accountId, teamId, event(), now),
    ],
  ]
  for (const [reason, change] of changes) {
    const made = await newFamily()
    await change(made)
    assert.match((await lostStanding(made, store, now)) ?? '', reason)
  }
  assert.match(
    (await lostStanding({ ...(await newFamily()), clientId: 'app_gone' }, store, now)) ?? '',
    /client deleted/,
  )
})
