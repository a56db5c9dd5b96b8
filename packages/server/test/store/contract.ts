import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newId } from '../../src/crypto/id.ts'
import type { Change, Store } from '../../src/store/contract/index.ts'
import { deferredContract } from './deferred-contract.ts'
import { logoutContract, logoutSweepContract } from './logout-contract.ts'
import { choicesContract } from './choices-contract.ts'
import { registrationContract } from './registration-contract.ts'
import {
  account,
  addAccount,
  addClient,
  addSession,
  addWidget,
  event,
  family,
  fresh,
  newCode,
  now,
  range,
} from './samples.ts'
import { signingContract } from './signing-contract.ts'

const winners = (wins: readonly boolean[]) => wins.filter(Boolean).length

/** Families and codes: every rule about who won. */
function familyContract(store: () => Store): void {
  test('of 30 families by one assertion exactly one is made, and the assertion stays used', async () => {
    const use = { hash: fresh('assertion'), until: now + 300 }
    const type = fresh('once')
    const made = await Promise.all(
      range(30).map(() => store().families.createOnce(family(), use, event(type), now)),
    )
    assert.equal(winners(made), 1)
    assert.equal((await store().audit.list({ limit: 100, type })).length, 1)
    assert.equal(await store().families.createOnce(family(), use, event(), now + 299), false)
  })

  test('a family starts at generation 1 and is found as it was made', async () => {
    const made = family({ nonce: 'n', expiresAt: now + 9 })
    await store().families.create(made, event(), now)
    assert.deepEqual(await store().families.find(made.familyId), {
      ...made,
      jkt: undefined,
      x5t: undefined,
      gen: 1,
      issuedAt: now,
      previousIssuedAt: undefined,
      createdAt: now,
      endedAt: undefined,
    })
  })

  test('of 50 advances from one generation exactly one wins, and all see the same family', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    const moved = await Promise.all(
      range(50).map(() => store().families.advance(made.familyId, 1, event(), now + 5)),
    )
    assert.equal(winners(moved.map((one) => one?.won === true)), 1)
    for (const one of moved) {
      assert.equal(one?.family.gen, 2)
      assert.equal(one?.family.issuedAt, now + 5)
      assert.equal(one?.family.previousIssuedAt, now)
    }
  })

  test('an advance that loses writes nothing, not even its audit event', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    const type = fresh('advance')
    await Promise.all(range(20).map(() => store().families.advance(made.familyId, 1, event(type), now)))
    assert.equal((await store().audit.list({ limit: 100, type })).length, 1)
  })

  test('a family ended while it advances leaves nothing alive', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    await Promise.all([
      store().families.advance(made.familyId, 1, event(), now),
      store().families.end(made.familyId, event(), now),
    ])
    assert.equal((await store().families.find(made.familyId))?.endedAt, now)
    assert.equal((await store().families.advance(made.familyId, 2, event(), now))?.won, false)
    assert.equal((await store().families.advance(made.familyId, 1, event(), now))?.won, false)
  })

  test('a pushed request is its client’s, lasts as long as it was told, and is answered once', async () => {
    const { requests } = store()
    const [hash, of] = [fresh('par'), { doorId: 'door', clientId: 'app_x' }]
    await requests.push(hash, { ...of, params: 'a=b' }, now + 90, now)
    for (const other of [
      { ...of, doorId: 'x' },
      { ...of, clientId: 'x' },
    ]) {
      assert.equal(await requests.open(hash, other, now + 999, now), undefined)
      assert.equal(await requests.find(hash, other, now), undefined)
    }
    assert.equal((await requests.find(hash, of, now + 89))?.params, 'a=b')
    assert.equal(await requests.find(hash, of, now + 90), undefined)
    assert.equal(await requests.open(hash, of, now + 999, now + 90), undefined, 'too late')
    assert.equal((await requests.open(hash, of, now + 200, now + 89))?.params, 'a=b')
    assert.ok(await requests.open(hash, of, now + 9999, now + 199), 'opened, it lasts longer')
    assert.equal(await requests.open(hash, of, now + 9999, now + 200), undefined, 'but not ever longer')
    const ends = await Promise.all(range(20).map(() => requests.end(hash)))
    assert.equal(ends.filter(Boolean).length, 1)
  })

  test('of 20 codes for one pushed request exactly one is given out', async () => {
    const hash = fresh('par')
    await store().requests.push(hash, { doorId: 'door', clientId: 'app_x', params: '' }, now + 90, now)
    const codes = await Promise.all(range(20).map(() => newCode(store())))
    const given = await Promise.all(
      codes.map((code) =>
        store().families.createWithCode(family(), { ...code, pushedHash: hash }, event(), now),
      ),
    )
    assert.equal(given.filter(Boolean).length, 1)
  })

  test('a family ends once', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    const ended = await Promise.all(range(10).map(() => store().families.end(made.familyId, event(), now)))
    assert.equal(winners(ended), 1)
    assert.equal(await store().families.end('fam_unknown', event(), now), false)
  })

  test('of 20 keys that one family is bound to at once exactly one is the key, for good', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    assert.equal((await store().families.find(made.familyId))?.jkt, undefined)
    const bound = await Promise.all(
      range(20).map((one) => store().families.bindKey(made.familyId, `k${one}`)),
    )
    assert.equal(winners(bound), 1)
    const key = `k${bound.indexOf(true)}`
    assert.equal((await store().families.find(made.familyId))?.jkt, key)
    assert.equal(await store().families.bindKey(made.familyId, key), true, 'again the same')
    assert.equal((await store().families.advance(made.familyId, 1, event(), now))?.family.jkt, key)
    await store().families.end(made.familyId, event(), now)
    assert.equal(await store().families.bindKey(made.familyId, key), false, 'it has ended')
    assert.equal(await store().families.bindKey('fam_unknown', key), false)
  })

  test('of 20 certificates that one family is bound to at once exactly one is it, whatever its key is', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    const bound = await Promise.all(
      range(20).map((one) => store().families.bindCertificate(made.familyId, `c${one}`)),
    )
    assert.equal(winners(bound), 1)
    const certificate = `c${bound.indexOf(true)}`
    assert.equal(await store().families.bindKey(made.familyId, 'k'), true)
    const found = await store().families.find(made.familyId)
    assert.deepEqual([found?.x5t, found?.jkt], [certificate, 'k'])
    assert.equal(await store().families.bindCertificate(made.familyId, certificate), true, 'again the same')
    await store().families.end(made.familyId, event(), now)
    assert.equal(await store().families.bindCertificate(made.familyId, certificate), false, 'it has ended')
  })

  test('a code keeps the key that it is for', async () => {
    const issued = { ...(await newCode(store())), dpopJkt: 'k1' }
    await store().families.createWithCode(family(), issued, event(), now)
    const taken = await store().families.takeCode(issued.hash, now)
    assert.equal(taken?.dpopJkt, 'k1')
    assert.equal(taken?.family.jkt, undefined, 'the family is bound by the exchange')
  })

  test('of 50 requests taking one code exactly one is first', async () => {
    const [made, issued] = [family(), await newCode(store())]
    await store().families.createWithCode(made, issued, event(), now)
    const taken = await Promise.all(range(50).map(() => store().families.takeCode(issued.hash, now + 3)))
    assert.equal(winners(taken.map((one) => one?.usedBefore === false)), 1)
    assert.equal(taken.length, 50)
    for (const one of taken) assert.equal(one?.family.familyId, made.familyId)
  })

  test('the first taker starts the clock of the first generation, later ones leave it', async () => {
    const [made, issued] = [family(), await newCode(store())]
    await store().families.createWithCode(made, issued, event(), now)
    assert.equal((await store().families.takeCode(issued.hash, now + 3))?.family.issuedAt, now + 3)
    assert.equal((await store().families.takeCode(issued.hash, now + 9))?.family.issuedAt, now + 3)
    assert.equal(await store().families.takeCode('unknown', now), undefined)
  })
}

/** Accounts: one winner each, and what ends with what. */
function accountContract(store: () => Store): void {
  test('of 50 accounts with one address exactly one is made, with its team and its place in it', async () => {
    const email = `${fresh('same')}@example.com`
    const made = range(50).map(() => account(email))
    const wins = await Promise.all(made.map((one) => store().accounts.create(one, event(), now)))
    assert.equal(winners(wins), 1)
    const winner = made[wins.indexOf(true)]
    assert.equal((await store().accounts.findByEmail(email))?.accountId, winner?.accountId)
    const places = await store().teams.membershipsOf(winner?.accountId ?? '')
    assert.deepEqual(
      places.map(({ teamId, role, personal }) => ({ teamId, role, personal })),
      [{ teamId: winner?.homeTeamId, role: 'owner', personal: true }],
    )
    const loser = made[wins.indexOf(false)]
    assert.equal(
      await store().teams.find(loser?.homeTeamId ?? ''),
      undefined,
      'a loser leaves no team behind',
    )
  })

  test('a password is replaced only against the one that was verified, and ends every sign-in', async () => {
    const { hash, account: person } = await addSession(store())
    const { accountId } = person
    const made = family({ accountId })
    await store().families.create(made, event(), now)
    const change = (passwordHash: string) => ({ accountId, expected: 'hash-1', passwordHash })
    const wins = await Promise.all(
      range(10).map((n) => store().accounts.setPassword(change(`new-${n}`), event(), now)),
    )
    assert.equal(winners(wins), 1)
    assert.equal((await store().accounts.find(accountId))?.passwordHash, `new-${wins.indexOf(true)}`)
    assert.equal((await store().families.find(made.familyId))?.endedAt, now)
    assert.equal(await store().accounts.findSession(hash, now), undefined)
    // What was on its way with the old password, or in the old session, comes too late.
    const late = family({ accountId })
    assert.equal(await store().families.create(late, event(), now, person), false)
    assert.equal(await store().families.find(late.familyId), undefined)
    const session = { sessionId: 's', hash: fresh('s'), accountId, authenticatedAt: now, expiresAt: now + 9 }
    assert.equal(await store().accounts.addSession(session, person, event(), now), false)
    const code = { ...(await newCode(store())), sessionHash: hash }
    assert.equal(await store().families.createWithCode(late, code, event(), now), false)
    assert.equal(await store().families.takeCode(code.hash, now), undefined)
  })

  test('a code on a standing consent leaves it as wide as it was, and needs it', async () => {
    const { accountId, homeTeamId: teamId } = await addAccount(store())
    const of = (scope: readonly string[]) => family({ accountId, clientId: 'client', teamId, scope })
    const standing = async () => ({ ...(await newCode(store())), consent: 'standing' }) as const
    const give = async () =>
      store().families.createWithCode(of(['a', 'b']), await newCode(store()), event(), now)
    const rest = async () => store().families.createWithCode(of(['a']), await standing(), event(), now)
    assert.equal(await rest(), false, 'none was given')
    assert.equal(await give(), true)
    assert.equal(await rest(), true)
    assert.deepEqual((await store().clients.consent(accountId, 'client', teamId))?.scope, ['a', 'b'])
    await store().clients.withdrawConsent(accountId, 'client', event(), now)
    assert.equal(await rest(), false, 'it was withdrawn')
  })

  test('what was allowed in detail stands for nothing later, and leaves what stood before', async () => {
    const { accountId, homeTeamId: teamId } = await addAccount(store())
    const details = [{ type: 'payment' }]
    const give = async (clientId: string, more: object, at = now) =>
      store().families.createWithCode(
        family({ accountId, clientId, teamId, scope: ['a'], ...more }),
        await newCode(store()),
        event(),
        at,
      )
    await give('once', { details, claims: ['userinfo:email'], resources: ['r'] })
    const once = await store().clients.consent(accountId, 'once', teamId)
    assert.deepEqual([once?.scope, once?.claims], [[], []])
    await give('both', {})
    await give('both', { details, scope: ['a', 'b'] }, now + 5)
    const both = await store().clients.consent(accountId, 'both', teamId)
    assert.deepEqual([both?.scope, both?.grantedAt], [['a'], now], 'nor does it seem to be newer')
  })

  test('a password nobody proved takes the keys and consents with it; a changed one leaves them', async () => {
    const { accountId, homeTeamId: teamId } = await addAccount(store())
    await store().families.createWithCode(family({ accountId, teamId }), await newCode(store()), event(), now)
    const key = {
      keyId: newId('key_', now),
      hash: fresh('key'),
      doorId: 'door',
      accountId,
      teamId,
      name: 'k',
      environment: 'live',
      scope: [],
      ipList: [],
      preview: 'p',
      expiresAt: undefined,
    } as const
    await store().keys.create(key, event(), now)
    const change = { accountId, expected: 'hash-1', passwordHash: 'hash-2' }
    assert.equal(await store().accounts.setPassword(change, event(), now), true)
    assert.equal((await store().keys.find(key.keyId))?.revokedAt, undefined)
    assert.ok(await store().clients.consent(accountId, 'app_x', teamId))

    const heard: string[] = []
    const stop = store().follow(({ id }) => heard.push(id))
    const dropped = { accountId, expected: 'hash-2', passwordHash: undefined, endGrants: true }
    const late = { ...dropped, expected: 'hash-1' }
    assert.equal(await store().accounts.setPassword(late, event(), now), false)
    assert.equal(
      (await store().keys.find(key.keyId))?.revokedAt,
      undefined,
      'who comes too late ends nothing',
    )
    assert.equal(await store().accounts.setPassword(dropped, event(), now), true)
    stop()
    assert.equal((await store().keys.find(key.keyId))?.revokedAt, now)
    assert.ok(heard.includes(key.hash), 'a guard that remembers the key hears of it')
    assert.equal(await store().clients.consent(accountId, 'app_x', teamId), undefined)
  })

  test('a code that is only looked at is as it was', async () => {
    const [made, code] = [family(), await newCode(store())]
    await store().families.createWithCode(made, code, event(), now)
    for (const _ of range(3)) {
      const seen = await store().families.findCode(code.hash)
      assert.deepEqual([seen?.usedBefore, seen?.family.familyId], [false, made.familyId])
    }
    const taken = await store().families.takeCode(code.hash, now + 5)
    assert.equal(taken?.usedBefore, false)
    const { family: _, usedBefore, ...rest } = (await store().families.findCode(code.hash)) ?? {}
    const { family: __, usedBefore: ___, ...same } = taken ?? {}
    assert.equal(usedBefore, true)
    assert.deepEqual(rest, same)
    assert.equal(await store().families.findCode('nobody'), undefined)
  })

  test('an upstream sign-in is taken once and only while it lasts', async () => {
    const login = {
      stateHash: fresh('state'),
      browserHash: 'b',
      doorId: 'door',
      nonce: 'n',
      codeVerifier: 'v',
      returnTo: undefined,
      expiresAt: now + 60,
    }
    await store().accounts.addUpstreamLogin(login, now)
    const taken = await Promise.all(
      range(20).map(() => store().accounts.takeUpstreamLogin(login.stateHash, now)),
    )
    assert.equal(taken.filter((one) => one !== undefined).length, 1)
    const late = { ...login, stateHash: fresh('state') }
    await store().accounts.addUpstreamLogin(late, now)
    assert.equal(await store().accounts.takeUpstreamLogin(late.stateHash, now + 60), undefined)
  })

  test('a deleted account takes its keys, places, families and team with it', async () => {
    const { accountId, homeTeamId } = await addAccount(store())
    const made = family({ accountId, teamId: homeTeamId })
    await store().families.create(made, event(), now)
    const hash = fresh('key')
    const key = {
      keyId: newId('key_', now),
      hash,
      doorId: 'door',
      accountId,
      teamId: homeTeamId,
      name: 'k',
      environment: 'live',
      scope: [],
      ipList: [],
      preview: 'p',
      expiresAt: undefined,
    } as const
    await store().keys.create(key, event(), now)
    assert.equal(await store().accounts.remove(accountId, event(), now), true)
    assert.equal(await store().accounts.find(accountId), undefined)
    assert.equal(await store().teams.find(homeTeamId), undefined)
    assert.equal(await store().keys.findByHash(hash), undefined)
    assert.equal((await store().families.find(made.familyId))?.endedAt, now)
    assert.equal(await store().accounts.remove(accountId, event(), now), false)
  })
}

/** Widgets, clients and keys. */
function ownedContract(store: () => Store): void {
  test('of 20 session starts only as many win as the limit has room for', async () => {
    const widgetId = await addWidget(store(), 2)
    const start = () =>
      store().widgets.startSession(
        { sessionId: newId('wse_', now), widgetId, origin: 'https://a.example', expiresAt: now + 10 },
        2,
        event(),
        now,
      )
    assert.equal(winners(await Promise.all(range(20).map(start))), 2)
    assert.equal(await store().widgets.nextSessionEnd(widgetId, now), now + 10)
    assert.equal(
      await store().widgets.nextSessionEnd(widgetId, now + 10),
      undefined,
      'expired ones make room',
    )
  })

  test('what a client’s requests have to be is kept, and changed one by one', async () => {
    const clientId = newId('app_', now)
    const client = {
      clientId,
      doorId: 'door',
      name: 'c',
      type: 'public',
      teamId: undefined,
      grantTypes: [],
      scope: [],
      redirectUris: [],
      resources: undefined,
    } as const
    const rules = async () => {
      const { requirePushed, requireSigned } = (await store().clients.find(clientId, now)) ?? {}
      return { requirePushed, requireSigned }
    }
    await store().clients.create({ ...client, requirePushed: true }, undefined, event(), now)
    assert.deepEqual(await rules(), { requirePushed: true, requireSigned: false })
    await store().clients.update(clientId, { requirePushed: false, requireSigned: true }, event(), now)
    assert.deepEqual(await rules(), { requirePushed: false, requireSigned: true })
  })

  test('a client has two live secrets at most, and the older ends with its overlap', async () => {
    const clientId = newId('app_', now)
    const client = {
      clientId,
      doorId: 'door',
      name: 'c',
      type: 'confidential',
      teamId: undefined,
      grantTypes: [],
      scope: ['a'],
      redirectUris: [],
      resources: undefined,
    } as const
    const secret = (n: number) => ({
      secretId: newId('sec_', now + n),
      hash: `${clientId}-${n}`,
      expiresAt: undefined,
    })
    await store().clients.create(client, secret(0), event(), now)
    await store().clients.rotateSecret(
      clientId,
      { secret: secret(1), overlapUntil: now + 100 },
      event(),
      now + 1,
    )
    const hashes = async (at: number) =>
      ((await store().clients.find(clientId, at))?.secrets ?? []).map(({ hash }) => hash)
    assert.deepEqual(await hashes(now + 99), [`${clientId}-0`, `${clientId}-1`])
    assert.deepEqual(await hashes(now + 100), [`${clientId}-1`])
    await store().clients.rotateSecret(
      clientId,
      { secret: secret(2), overlapUntil: now + 200 },
      event(),
      now + 2,
    )
    assert.deepEqual(await hashes(now + 3), [`${clientId}-1`, `${clientId}-2`])
  })

  test('a secret ends when it is told to, never later than it would have, and only at its own client', async () => {
    const [clientId, other] = [await addClient(store()), await addClient(store())]
    const secretId = newId('sec_', now)
    const secret = { secretId, hash: secretId, sealed: 'under a seal', expiresAt: undefined }
    await store().clients.rotateSecret(clientId, { secret, overlapUntil: now }, event(), now)
    const end = (client: string, endAt: number) =>
      store().clients.endSecret(client, { secretId, endAt }, event(), now)
    const live = async (at: number) => (await store().clients.find(clientId, at))?.secrets ?? []
    assert.equal((await live(now))[0]?.sealed, 'under a seal')
    assert.equal(await end(other, now + 50), false)
    assert.equal(await end(clientId, now + 50), true)
    assert.equal(await end(clientId, now + 60), false, 'it would live longer')
    assert.equal((await live(now + 49)).length, 1)
    assert.equal((await live(now + 50)).length, 0)
    assert.equal(await end(clientId, now), true)
    assert.equal((await live(now)).length, 0)
  })

  test('the last use of a secret never goes back', async () => {
    const clientId = await addClient(store())
    const secretId = newId('sec_', now)
    const secret = { secretId, hash: secretId, expiresAt: undefined }
    await store().clients.rotateSecret(clientId, { secret, overlapUntil: now }, event(), now)
    const last = async () => (await store().clients.find(clientId, now))?.secrets[0]?.lastUsedAt
    assert.equal(await last(), undefined)
    await store().clients.touchSecrets([{ secretId, at: now + 9 }])
    await store().clients.touchSecrets([{ secretId, at: now + 5 }])
    assert.equal(await last(), now + 9)
    await store().clients.touchSecrets([])
  })

  test('how a client proves itself is kept as a whole, and replaced as a whole', async () => {
    const authentication = {
      method: 'private_key_jwt',
      signingAlg: 'ES256',
      jwks: [{ kty: 'EC', kid: 'one two' }],
      jwksUri: undefined,
      tlsSubject: undefined,
      boundTokens: true,
    } as const
    const clientId = await addClient(store(), { authentication })
    const found = async () => (await store().clients.find(clientId, now))?.authentication
    assert.deepEqual(await found(), authentication)
    const replaced = {
      method: 'tls_client_auth',
      signingAlg: undefined,
      jwks: undefined,
      jwksUri: undefined,
      tlsSubject: { kind: 'san_dns', value: 'a.example' },
      boundTokens: false,
    } as const
    assert.equal(await store().clients.update(clientId, { authentication: replaced }, event(), now), true)
    assert.deepEqual(await found(), replaced)
    await store().clients.update(clientId, { name: 'other' }, event(), now)
    assert.deepEqual(await found(), replaced, 'other changes leave it alone')
    const plain = await addClient(store())
    assert.ok(!('authentication' in ((await store().clients.find(plain, now)) ?? {})))
  })

  test('of 40 requests that use one assertion at once exactly one is the first, until it has expired', async () => {
    const hash = fresh('assertion')
    const use = (at: number) => store().clients.useAssertion(hash, at + 60, at)
    assert.equal(winners(await Promise.all(range(40).map(() => use(now)))), 1)
    assert.equal(await use(now + 60), false)
    assert.equal(await use(now + 61), true)
    assert.equal(await use(now + 61), false)
    assert.equal(await store().clients.useAssertion(fresh('assertion'), now + 60, now), true)
  })

  test('a client’s empty resource list is not the same as none', async () => {
    const make = async (resources: readonly string[] | undefined) => {
      const clientId = newId('app_', now)
      await store().clients.create(
        {
          clientId,
          doorId: 'door',
          name: 'c',
          type: 'public',
          teamId: undefined,
          grantTypes: [],
          scope: [],
          redirectUris: [],
          resources,
        },
        undefined,
        event(),
        now,
      )
      return (await store().clients.find(clientId, now))?.resources
    }
    assert.deepEqual(await make([]), [])
    assert.equal(await make(undefined), undefined)
  })

  test('a team takes its clients’ families and its consents with it', async () => {
    const { accountId, homeTeamId } = await addAccount(store())
    const clientId = newId('app_', now)
    await store().clients.create(
      {
        clientId,
        doorId: 'door',
        name: 'c',
        type: 'public',
        teamId: homeTeamId,
        grantTypes: [],
        scope: [],
        redirectUris: [],
        resources: undefined,
      },
      undefined,
      event(),
      now,
    )
    const [elsewhere, here] = [family({ clientId }), family({ accountId: 'acc_y', teamId: homeTeamId })]
    for (const one of [elsewhere, here])
      await store().families.createWithCode(one, await newCode(store()), event(), now)
    const heard: string[] = []
    const stop = store().follow(({ id }) => heard.push(id))
    assert.equal(await store().teams.remove(homeTeamId, event(), now), true)
    stop()
    for (const { familyId } of [elsewhere, here]) {
      assert.equal((await store().families.find(familyId))?.endedAt, now)
      assert.ok(heard.includes(familyId))
    }
    assert.ok(heard.includes(clientId) && heard.includes(`${accountId}:${homeTeamId}`))
    assert.equal(await store().clients.consent('acc_y', 'app_x', homeTeamId), undefined)
  })

  test('withdrawing a consent ends the families that came of it and no others', async () => {
    const [mine, other] = [family({ accountId: fresh('acc') }), family()]
    for (const one of [mine, other])
      await store().families.createWithCode(one, await newCode(store()), event(), now)
    assert.equal(await store().clients.withdrawConsent(mine.accountId ?? '', 'app_x', event(), now), true)
    assert.equal((await store().families.find(mine.familyId))?.endedAt, now)
    assert.equal((await store().families.find(other.familyId))?.endedAt, undefined)
    assert.equal(await store().clients.withdrawConsent(mine.accountId ?? '', 'app_x', event(), now), false)
  })

  test('a key is made only while the sign-in that makes it lives', async () => {
    const { hash, account: person } = await addSession(store())
    const mine = family({ accountId: person.accountId })
    await store().families.create(mine, event(), now)
    const make = (by: { readonly familyId: string } | { readonly sessionHash: string }) => {
      const key = {
        keyId: newId('key_', now),
        hash: fresh('key'),
        doorId: 'door',
        accountId: person.accountId,
        teamId: 't',
        name: 'k',
        environment: 'live',
        scope: [],
        ipList: [],
        preview: 'p',
        expiresAt: undefined,
      } as const
      return store().keys.create(key, event(), now, by)
    }
    const both = [{ familyId: mine.familyId }, { sessionHash: hash }]
    for (const by of both) assert.equal(await make(by), true)
    await store().accounts.setDisabled(person.accountId, true, event(), now)
    for (const by of both) assert.equal(await make(by), false)
  })

  test('a last-used moment never goes back', async () => {
    const hash = fresh('key')
    const key = {
      keyId: newId('key_', now),
      hash,
      doorId: 'door',
      accountId: 'a',
      teamId: 't',
      name: 'k',
      environment: 'live',
      scope: [],
      ipList: [],
      preview: 'p',
      expiresAt: undefined,
    } as const
    await store().keys.create(key, event(), now)
    await store().keys.touch([{ kind: 'api-key', hash, at: now + 9 }])
    await store().keys.touch([{ kind: 'api-key', hash, at: now + 4 }])
    assert.equal((await store().keys.findByHash(hash))?.lastUsedAt, now + 9)
    assert.equal(
      winners(await Promise.all(range(10).map(() => store().keys.revoke(key.keyId, event(), now)))),
      1,
    )
  })
}

/** The change feed and the sweep. */
function feedContract(store: () => Store): void {
  test('a follower hears of a change before the change is answered', async () => {
    const heard: Change[] = []
    const stop = store().follow((change) => heard.push(change))
    const made = family()
    await store().families.create(made, event(), now)
    assert.equal(
      heard.some(({ id }) => id === made.familyId),
      false,
      'a birth is no change',
    )
    await store().families.end(made.familyId, event(), now)
    assert.deepEqual(
      heard.filter(({ id }) => id === made.familyId).map(({ kind }) => kind),
      ['family'],
    )
    stop()
    await addAccount(store())
    assert.equal(
      heard.filter(({ kind }) => kind === 'account').length,
      0,
      'a follower that stopped hears nothing',
    )
  })

  test('ending many tells of each', async () => {
    const { accountId } = await addAccount(store())
    const made = range(3).map(() => family({ accountId }))
    for (const one of made) await store().families.create(one, event(), now)
    const heard: string[] = []
    const stop = store().follow(({ id }) => heard.push(id))
    await store().accounts.setDisabled(accountId, true, event(), now)
    stop()
    assert.deepEqual(
      made.map(({ familyId }) => familyId).filter((id) => !heard.includes(id)),
      [],
    )
  })

  test('what is reached has been told; a change that is not there is not reached', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    await store().families.end(made.familyId, event(), now)
    const last = await store().lastChange()
    assert.equal(await store().reach(last), true)
    assert.equal(await store().reach(last + 1), false)
  })

  test('the sweep of the change log leaves the newest, so that the numbers go on', async () => {
    const made = family()
    await store().families.create(made, event(), now)
    await store().families.end(made.familyId, event(), now)
    const last = await store().lastChange()
    await store().sweep(now + 8 * 24 * 3600)
    assert.equal(await store().lastChange(), last)
    assert.deepEqual(await store().changesSince(last, 10), [])
    assert.equal(await store().changesSince(last - 2, 10), undefined, 'what is gone is known to be gone')
  })

  test('the sweep takes what has expired and leaves the rest', async () => {
    const [old, young] = [await newCode(store()), await newCode(store())]
    await store().families.createWithCode(family({ expiresAt: now + 10 }), old, event(), now)
    const living = family()
    await store().families.createWithCode(living, { ...young, expiresAt: now + 90 * 24 * 3600 }, event(), now)
    assert.ok((await store().sweep(now + 40 * 24 * 3600)) > 0)
    assert.equal(await store().families.takeCode(old.hash, now), undefined)
    assert.equal((await store().families.takeCode(young.hash, now))?.family.familyId, living.familyId)
  })
}

/** Every store must pass this. A new driver is tested by one call to it. */
export function storeContract(
  name: string,
  open: () => Promise<{ readonly store: Store; close(): Promise<void> }>,
): void {
  describe(`${name}: store contract`, () => {
    let opened: { readonly store: Store; close(): Promise<void> }
    before(async () => {
      opened = await open()
    })
    after(() => opened.close())
    const store = () => opened.store
    familyContract(store)
    deferredContract(store)
    accountContract(store)
    ownedContract(store)
    feedContract(store)
    signingContract(store)
    logoutContract(store)
    logoutSweepContract(store)
    // Last: its sweep is later than anything that the others do.
    registrationContract(store)
    choicesContract(store)
  })
}
