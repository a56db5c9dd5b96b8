import type {
  AccountFacts,
  ApiKeyFacts,
  ClientFacts,
  FamilyFacts,
  MembershipFacts,
  SessionTokenFacts,
  TeamFacts,
  WidgetSessionFacts,
} from '@sallyport/guard'
import { ProtocolError } from '@sallyport/protocol'
import type { LocalFacts } from '../../checks/facts.ts'
import type { Endpoint } from '../door.ts'
import { readJson } from '../read-body.ts'
import type { Services } from '../services.ts'
import { forGuard, guardPath, noStore } from './context.ts'

/** Facts that one request may ask for. */
const mostFacts = 500

function picked<T extends object>(fact: T | undefined, names: readonly (keyof T)[]): Partial<T> | null {
  return fact ? (Object.fromEntries(names.map((name) => [name, fact[name]])) as Partial<T>) : null
}

const family: readonly (keyof FamilyFacts)[] = [
  'familyId',
  'doorId',
  'kind',
  'accountId',
  'clientId',
  'teamId',
  'endedAt',
]
const account: readonly (keyof AccountFacts)[] = ['accountId', 'admin', 'disabledAt', 'homeTeamId']
const client: readonly (keyof ClientFacts)[] = ['clientId', 'teamId', 'resources']
const team: readonly (keyof TeamFacts)[] = ['teamId', 'slug', 'plan', 'status']
const membership: readonly (keyof MembershipFacts)[] = ['role']
const apiKey: readonly (keyof ApiKeyFacts)[] = [
  'keyId',
  'doorId',
  'accountId',
  'teamId',
  'environment',
  'scope',
  'ipList',
  'expiresAt',
  'revokedAt',
  'active',
]
const sessionToken: readonly (keyof SessionTokenFacts)[] = [
  'tokenId',
  'doorId',
  'keyHash',
  'familyId',
  'accountId',
  'teamId',
  'scope',
  'environment',
  'expiresAt',
  'idle',
  'lastUsedAt',
  'endedAt',
]
const widgetSession: readonly (keyof WidgetSessionFacts)[] = [
  'sessionId',
  'widgetId',
  'slug',
  'origin',
  'expiresAt',
  'endedAt',
  'active',
  'allowedOrigins',
  'teamId',
]

/**
 * One fact by kind and id, with the members that a guard needs and no other: the rows in memory hold more, such as
 * password hashes, and those stay here.
 */
async function readFact(kind: string, id: string, facts: LocalFacts): Promise<object | null> {
  switch (kind) {
    case 'family':
      return picked(await facts.family(id), family)
    case 'account':
      return picked(await facts.account(id), account)
    case 'client':
      return picked(await facts.client(id), client)
    case 'team':
      return picked(await facts.team(id), team)
    case 'membership': {
      const [accountId = '', teamId = ''] = id.split(':')
      return picked(await facts.membership(accountId, teamId), membership)
    }
    case 'api-key':
      return picked(await facts.apiKey(id), apiKey)
    case 'session-token':
      return picked(await facts.sessionToken(id), sessionToken)
    case 'opaque-token':
      return (await facts.opaqueToken(id)) ?? null
    case 'widget-session':
      return picked(await facts.widgetSession(id), widgetSession)
    default:
      throw new ProtocolError('invalid_request', 'unknown kind of fact')
  }
}

function readKeys(value: unknown, name: string): readonly (readonly [kind: string, id: string])[] {
  const isKey = (one: unknown): one is [string, string] =>
    Array.isArray(one) &&
    one.length === 2 &&
    one.every((text) => typeof text === 'string' && text.length <= (one[0] === 'opaque-token' ? 8192 : 300))
  if (Array.isArray(value) && value.length <= mostFacts && value.every(isKey)) return value
  throw new ProtocolError(
    'invalid_request',
    `${name} must be a list of at most ${mostFacts} pairs [kind, id]`,
  )
}

/** Many facts in one request, in the order in which they were asked for; `null` for what there is not. */
export function factsEndpoint(services: Services): Endpoint {
  return {
    path: `${guardPath}/facts`,
    methods: {
      POST: forGuard(services, async (request) => {
        const keys = readKeys(readJson(request)['facts'], 'facts')
        const facts = await Promise.all(keys.map(([kind, id]) => readFact(kind, id, services.facts)))
        return { status: 200, headers: noStore, body: { facts } }
      }),
    },
  }
}

/** Which credentials guards elsewhere have let in, so that their last-used moments are known here. */
export function usesEndpoint(services: Services): Endpoint {
  return {
    path: `${guardPath}/uses`,
    methods: {
      POST: forGuard(services, async (request) => {
        const now = services.now()
        for (const [kind, hash] of readKeys(readJson(request)['uses'], 'uses')) {
          if (kind === 'api-key' || kind === 'session-token') services.facts.used({ kind, id: '', hash }, now)
        }
        return { status: 204 }
      }),
    },
  }
}

/** What a guard must know before its first request: doors, key formats, public keys. */
export function metadataEndpoint({ facts, signing, now, ...services }: Services): Endpoint {
  return {
    path: `${guardPath}/metadata`,
    methods: {
      GET: forGuard({ facts, signing, now, ...services }, async () => {
        const { keyFormats, doors } = facts
        return {
          status: 200,
          headers: noStore,
          body: { doors, key_formats: keyFormats, jwks: signing.jwks(now()) },
        }
      }),
    },
  }
}
