import type { Endpoint } from '../door.ts'
import { readJson } from '../read-body.ts'
import type { Services } from '../services.ts'
import { catchUpWith, forGuard, guardPath, noStore } from './context.ts'
import { type FactKind, factSchemas, factsQuestionSchema, usesSchema } from './facts-schema.ts'
import { readBodyAs } from './read.ts'

/** A fact with the members that a guard needs and no other. */
function told(kind: FactKind, fact: object | undefined): object | null {
  if (!fact) return null
  const members = factSchemas[kind].entries
  return Object.fromEntries(Object.entries(fact).filter(([name]) => Object.hasOwn(members, name)))
}

/** One fact by kind and id. */
async function readFact(
  kind: FactKind | 'opaque-token',
  id: string,
  { facts, now }: Services,
): Promise<object | null> {
  switch (kind) {
    case 'family':
      return told(kind, await facts.family(id))
    case 'account':
      return told(kind, await facts.account(id))
    case 'client':
      return told(kind, await facts.client(id))
    case 'team':
      return told(kind, await facts.team(id))
    case 'membership': {
      const [accountId = '', teamId = ''] = id.split(':')
      return told(kind, await facts.membership(accountId, teamId))
    }
    case 'api-key':
      return told(kind, await facts.apiKey(id))
    case 'session-token':
      return told(kind, await facts.sessionToken(id, now()))
    case 'opaque-token':
      return (await facts.opaqueToken(id)) ?? null
    case 'widget-session':
      return told(kind, await facts.widgetSession(id))
    case 'widget':
      return told(kind, await facts.widget(id))
  }
}

/** Many facts in one request, in the order in which they were asked for; `null` for what there is not. */
export function factsEndpoint(services: Services): Endpoint {
  return {
    path: `${guardPath}/facts`,
    methods: {
      POST: forGuard(services, async (request) => {
        const { facts: keys } = readBodyAs(factsQuestionSchema, readJson(request))
        await catchUpWith(request, services)
        const facts = await Promise.all(keys.map(([kind, id]) => readFact(kind, id, services)))
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
        // A guard whose clock is ahead must not lengthen anything.
        for (const [kind, hash, at] of readBodyAs(usesSchema, readJson(request)).uses)
          services.facts.used({ kind, id: '', hash }, Math.min(at, now))
        return { status: 204 }
      }),
    },
  }
}

/** What a guard must know before its first request: doors, key formats, public keys. */
export function metadataEndpoint(services: Services): Endpoint {
  const { facts, signing, doors: settings, now } = services
  return {
    path: `${guardPath}/metadata`,
    methods: {
      GET: forGuard(services, async (request) => {
        await catchUpWith(request, services)
        const { keyFormats, doors } = facts
        return {
          status: 200,
          headers: noStore,
          body: {
            doors,
            key_formats: keyFormats,
            roles: Object.fromEntries(settings.map(({ id }) => [id, facts.rolesOf(id)])),
            jwks: signing.jwks(now()),
          },
        }
      }),
    },
  }
}
