import { secretHash } from '@sallyport/guard'
import {
  addFamily,
  addKey,
  addOpaqueToken,
  addSessionToken,
  addWidgetSession,
  type Claims,
  change,
  createFacts,
  type Facts,
  signToken,
} from './world.ts'

/** One valid credential in a world of its own, and how to spoil it. */
export interface Case {
  readonly facts: Facts
  readonly secret: string
  readonly door: string
  /** The header that carries it; `Authorization` when left out. */
  readonly header?: 'X-API-Key'
  expire(): void
  revoke(): void
  /** The same with its first secret letter changed. */
  tampered(): string
}

/** Changes one character in the middle of the text after its last separator before it. */
export function alter(text: string, at: number): string {
  const other = text[at] === 'A' ? 'B' : 'A'
  return text.slice(0, at) + other + text.slice(at + 1)
}

async function jwt(facts: Facts, claims: Claims, revoke: () => void, typ = 'at+jwt'): Promise<Case> {
  const secret = await signToken(claims, { typ })
  return {
    facts,
    secret,
    door: String(claims['door']),
    revoke,
    expire: () => {
      facts.now = Number(claims['exp'])
    },
    // In the signature: everything before it still reads as before.
    tampered: () => alter(secret, secret.lastIndexOf('.') + 5),
  }
}

/** The same token as a JWT would be, opaque. */
async function opaqueCase(): Promise<Case> {
  const facts = createFacts()
  const claims = addFamily(facts, 'apps', { accountId: 'acc_1', clientId: 'app_1' })
  const secret = addOpaqueToken(facts, claims)
  return {
    facts,
    secret,
    door: 'apps',
    revoke: () => change(facts.families, String(claims['fam']), { endedAt: facts.now }),
    expire: () => {
      facts.now = Number(claims['exp'])
    },
    tampered: () => alter(secret, 40),
  }
}

function familyCase(doorId: string, parties: { accountId?: string; clientId?: string }): () => Promise<Case> {
  return () => {
    const facts = createFacts()
    const claims = addFamily(facts, doorId, parties)
    return jwt(facts, claims, () => change(facts.families, String(claims['fam']), { endedAt: facts.now }))
  }
}

async function keyCase(): Promise<Case> {
  const facts = createFacts()
  const secret = addKey(facts, { expiresAt: facts.now + 100 })
  const hash = secretHash(secret)
  return {
    facts,
    secret,
    door: 'servers',
    expire: () => {
      facts.now += 100
    },
    revoke: () => change(facts.apiKeys, hash, { revokedAt: facts.now }),
    tampered: () => alter(secret, 15),
  }
}

function tokenCase(facts: Facts, secret: string): Case {
  const hash = secretHash(secret)
  return {
    facts,
    secret,
    door: 'servers',
    expire: () => {
      facts.now += 8 * 3600
      change(facts.sessionTokens, hash, { lastUsedAt: facts.now })
    },
    revoke: () => change(facts.sessionTokens, hash, { endedAt: facts.now }),
    tampered: () => alter(secret, 10),
  }
}

/** A session token minted from a key. */
async function keyTokenCase(): Promise<Case> {
  const facts = createFacts()
  const keyHash = secretHash(addKey(facts))
  return tokenCase(facts, addSessionToken(facts, { keyHash }))
}

/** A session token minted from a sign-in. */
async function familyTokenCase(): Promise<Case> {
  const facts = createFacts()
  const familyId = String(addFamily(facts, 'people', { accountId: 'acc_1' })['fam'])
  return tokenCase(facts, addSessionToken(facts, { familyId }))
}

async function widgetCase(): Promise<Case> {
  const facts = createFacts()
  const claims = addWidgetSession(facts)
  const revoke = () => change(facts.widgetSessions, String(claims['sid']), { endedAt: facts.now })
  return jwt(facts, claims, revoke, 'widget+jwt')
}

/** Every kind of credential. */
export const credentials: readonly (readonly [kind: string, make: () => Promise<Case>, name?: string])[] = [
  ['person', familyCase('people', { accountId: 'acc_1' })],
  ['app', familyCase('apps', { accountId: 'acc_1', clientId: 'app_1' })],
  ['app', opaqueCase, 'opaque token'],
  ['machine', familyCase('apps', { clientId: 'app_1' })],
  ['vendor', familyCase('vendors', { clientId: 'app_vendor' })],
  ['api-key', keyCase],
  ['api-key', async () => ({ ...(await keyCase()), header: 'X-API-Key' }), 'api-key by its own header'],
  ['session-token', keyTokenCase],
  ['session-token', familyTokenCase],
  ['widget', widgetCase],
]
