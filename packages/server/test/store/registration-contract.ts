import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../../src/crypto/id.ts'
import type { NewRegistration, Store } from '../../src/store/contract/index.ts'
import { addClient, event, family, fresh, newCode, now, range } from './samples.ts'

const day = 24 * 3600

function made(more: Partial<NewRegistration['registration']> = {}): NewRegistration {
  return {
    client: {
      clientId: newId('app_', now),
      doorId: 'door',
      name: 'Notes',
      type: 'public',
      teamId: undefined,
      grantTypes: ['authorization_code'],
      scope: ['a'],
      redirectUris: ['https://app.example/cb'],
      resources: undefined,
      requirePushed: false,
      requireSigned: false,
    },
    secret: undefined,
    registration: {
      about: { client_uri: 'https://app.example/', contacts: ['a', 'b'] },
      tokenHash: undefined,
      fingerprint: undefined,
      initialTokenId: undefined,
      ...more,
    },
  }
}

async function addToken(
  store: Store,
  usesLeft: number,
): Promise<{ readonly tokenId: string; readonly hash: string }> {
  const token = { tokenId: newId('reg_', now), hash: fresh('hash'), doorId: 'door', name: 'ci' }
  await store.registrations.addToken({ ...token, usesLeft, expiresAt: now + day }, event(), now)
  return token
}

/** Software that registers itself: who won, and what the sweep takes. */
export function registrationContract(store: () => Store): void {
  const create = (one: NewRegistration, at = now) => store().registrations.create(one, event(), at)
  const isThere = async (clientId: string) => {
    const both = [await store().clients.find(clientId, now), await store().registrations.find(clientId)]
    assert.equal(both[0] === undefined, both[1] === undefined, 'one never without the other')
    return both[0] !== undefined
  }

  test('a registration is found as it was made', async () => {
    const one = made({ tokenHash: 'h', fingerprint: fresh('f') })
    assert.equal(await create(one), true)
    const { clientId } = one.client
    const kept = { ...one.registration, clientId, registeredAt: now }
    assert.deepEqual(await store().registrations.find(clientId), kept)
    const { secrets, ...client } = (await store().clients.find(clientId, now)) ?? assert.fail()
    assert.deepEqual(client, { ...one.client, createdAt: now })
    assert.deepEqual(secrets, [])
  })

  test('of 40 registrations with one fingerprint exactly one makes a client, and all can find it', async () => {
    const fingerprint = fresh('f')
    const all = range(40).map(() => made({ fingerprint }))
    const wins = await Promise.all(all.map((one) => create(one)))
    assert.equal(wins.filter(Boolean).length, 1)
    const winner = all[wins.indexOf(true)]?.client.clientId ?? assert.fail()
    assert.equal(await store().registrations.repeat(fingerprint, now), winner)
    const loser = all[wins.indexOf(false)]?.client.clientId ?? assert.fail()
    assert.equal(await isThere(loser), false)
    assert.equal(await store().registrations.repeat('unknown', now), undefined)
  })

  test('of 40 registrations with a token for 3 exactly 3 are made', async () => {
    const { tokenId, hash } = await addToken(store(), 3)
    const all = range(40).map(() => made({ initialTokenId: tokenId }))
    const wins = await Promise.all(all.map((one) => create(one)))
    assert.equal(wins.filter(Boolean).length, 3)
    assert.equal(await store().registrations.findToken(hash, now), undefined, 'nothing is left of it')
    assert.deepEqual(await isThere(all[wins.indexOf(false)]?.client.clientId ?? ''), false)
  })

  test('a repeated fingerprint spends no use of a token', async () => {
    const { tokenId, hash } = await addToken(store(), 2)
    const fingerprint = fresh('f')
    assert.equal(await create(made({ fingerprint, initialTokenId: tokenId })), true)
    assert.equal(await create(made({ fingerprint, initialTokenId: tokenId })), false)
    assert.equal((await store().registrations.findToken(hash, now))?.usesLeft, 1)
  })

  test('a token is good until it expires or is taken back', async () => {
    const [one, two] = [await addToken(store(), 5), await addToken(store(), 5)]
    assert.equal(await store().registrations.findToken(one.hash, now + day), undefined)
    assert.equal(await create(made({ initialTokenId: one.tokenId }), now + day), false)
    const listed = await store().registrations.tokensOf('door', now)
    assert.ok([one, two].every(({ tokenId }) => listed.some((token) => token.tokenId === tokenId)))
    assert.equal(await store().registrations.removeToken(one.tokenId, event(), now), true)
    assert.equal(await store().registrations.removeToken(one.tokenId, event(), now), false)
    assert.equal(await create(made({ initialTokenId: one.tokenId })), false)
  })

  test('a change replaces what the registration said, and followers hear of it', async () => {
    const one = made()
    await create(one)
    const { clientId } = one.client
    const heard: string[] = []
    const stop = store().follow(({ id }) => heard.push(id))
    const authentication = {
      method: 'none',
      signingAlg: undefined,
      jwks: undefined,
      jwksUri: undefined,
      tlsSubject: undefined,
      boundTokens: false,
    } as const
    const client = { name: 'New', redirectUris: ['https://b.example/'], scope: [], authentication }
    const change = { client, about: { software_id: 's' } }
    assert.equal(await store().registrations.replace(clientId, change, event(), now + 1), true)
    stop()
    assert.ok(heard.includes(clientId))
    const { name, redirectUris, scope } = (await store().clients.find(clientId, now)) ?? assert.fail()
    assert.deepEqual(
      { name, redirectUris, scope },
      { name: 'New', redirectUris: ['https://b.example/'], scope: [] },
    )
    assert.deepEqual((await store().registrations.find(clientId))?.about, { software_id: 's' })
    assert.equal(await store().registrations.replace('app_unknown', change, event(), now), false)
  })

  test('the sweep takes registrations that came to nothing, and no others', async () => {
    const one = () => made({ fingerprint: fresh('f') })
    const [unused, ended, living, endless, consented, young, again] = range(7).map(one) as NewRegistration[]
    for (const each of [unused, ended, living, endless, consented, again]) await create(each ?? one())
    await create(young ?? one(), now + 20 * day)
    const of = (each: NewRegistration | undefined) => each?.client.clientId ?? assert.fail()
    const later = now + 31 * day
    const families = [
      family({ clientId: of(ended), expiresAt: later - 1 }),
      family({ clientId: of(living), expiresAt: later + 1 }),
      family({ clientId: of(endless) }),
    ]
    for (const each of families) await store().families.create(each, event(), now)
    const allowed = family({ clientId: of(consented), expiresAt: now + 9 })
    await store().families.createWithCode(allowed, await newCode(store()), event(), now)
    await store().registrations.repeat(again?.registration.fingerprint ?? '', now + 5 * day)
    const administered = await addClient(store())

    const heard: string[] = []
    const stop = store().follow(({ id }) => heard.push(id))
    await store().sweep(later)
    stop()
    for (const gone of [unused, ended]) {
      assert.equal(await isThere(of(gone)), false)
      assert.ok(heard.includes(of(gone)))
    }
    for (const kept of [living, endless, consented, young, again]) assert.equal(await isThere(of(kept)), true)
    assert.ok(await store().clients.find(administered, now))
  })

  test('a client that is removed takes its registration with it', async () => {
    const fingerprint = fresh('f')
    const one = made({ fingerprint })
    await create(one)
    await store().clients.remove(one.client.clientId, event(), now)
    assert.equal(await isThere(one.client.clientId), false)
    assert.equal(await create(made({ fingerprint })), true, 'the same may be registered again')
  })
}
