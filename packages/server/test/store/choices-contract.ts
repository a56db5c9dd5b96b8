import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../../src/crypto/id.ts'
import type { Client, Store } from '../../src/store/contract/index.ts'
import { addAccount, addClient, event, family, fresh, now } from './samples.ts'

const choices = {
  subjectType: 'pairwise',
  sectorIdentifierUri: 'https://a.example/s',
  defaultMaxAge: 0,
  requireAuthTime: false,
  defaultAcrValues: ['a', 'b'],
  dpopBound: true,
} as const

/** What clients chose, whose pages they are, and how people signed in. */
export function choicesContract(store: () => Store): void {
  const find = (clientId: string) => store().clients.find(clientId, now)
  const page = (origin: string, clientId?: string, doors = ['door']) =>
    store().clients.hasOrigin(origin, doors, clientId)
  const addPage = async (more: Partial<Client> = {}) => {
    const origin = `https://${fresh('page')}.example`
    const redirectUris = [`${origin}/a`, `${origin}/b`, 'com.example.app:/cb']
    return { origin, clientId: await addClient(store(), { type: 'public', redirectUris, ...more }) }
  }

  test('what a client chose is kept as it was said, and changed as a whole', async () => {
    const clientId = await addClient(store(), { choices })
    assert.deepEqual((await find(clientId))?.choices, choices)
    await store().clients.update(clientId, { name: 'other' }, event(), now)
    assert.deepEqual((await find(clientId))?.choices, choices, 'untouched by another change')
    await store().clients.update(clientId, { choices: { dpopBound: false } }, event(), now)
    assert.deepEqual((await find(clientId))?.choices, { dpopBound: false })
    await store().clients.update(clientId, { choices: {} }, event(), now)
    assert.equal((await find(clientId))?.choices, undefined)
  })

  test('the pages of a public client are those of its redirect addresses, at its door alone', async () => {
    const { origin, clientId } = await addPage()
    assert.deepEqual(
      await Promise.all([
        page(origin),
        page(origin, clientId),
        page(origin, 'app_other'),
        page(origin, undefined, ['other']),
        page(origin, undefined, ['other', 'door']),
        page('https://nobody.example'),
      ]),
      [true, true, false, false, true, false],
    )
    const confidential = await addPage({ type: 'confidential' })
    assert.equal(await page(confidential.origin), false)
  })

  test('pages follow the redirect addresses, and end with the client', async () => {
    const { origin, clientId } = await addPage()
    const next = `https://${fresh('next')}.example`
    await store().clients.update(clientId, { name: 'other' }, event(), now)
    assert.equal(await page(origin), true)
    await store().clients.update(clientId, { redirectUris: [`${next}/cb`] }, event(), now)
    assert.deepEqual([await page(origin), await page(next)], [false, true])
    await store().clients.remove(clientId, event(), now)
    assert.equal(await page(next), false)
  })

  test('pages end with the team that their client belongs to', async () => {
    const teamId = newId('team_', now)
    const team = { teamId, slug: fresh('t'), name: 't', personal: false, plan: 'Free', profile: {} }
    await store().teams.create({ ...team, status: 'active' }, event(), now)
    const { origin } = await addPage({ teamId })
    assert.equal(await page(origin), true)
    await store().teams.remove(teamId, event(), now)
    assert.equal(await page(origin), false)
  })

  test('how somebody signed in is kept with the session and with the family', async () => {
    const account = await addAccount(store())
    const [hash, familyId] = [fresh('session'), newId('fam_', now)]
    const session = {
      sessionId: newId('ses_', now),
      hash,
      accountId: account.accountId,
      authenticatedAt: now,
      expiresAt: now + 60,
    }
    await store().accounts.addSession({ ...session, signIn: 'password' }, account, event(), now)
    assert.equal((await store().accounts.findSession(hash, now))?.signIn, 'password')
    await store().families.create(family({ familyId, signIn: 'upstream' }), event(), now)
    assert.equal((await store().families.find(familyId))?.signIn, 'upstream')
  })
}
