import { ProtocolError } from '@sallyport/protocol'
import type { Endpoint } from '../door.ts'
import { readJson } from '../read-body.ts'
import type { Services } from '../services.ts'
import { forGuard, guardPath, noStore } from './context.ts'
import { spendingSchema } from './facts-schema.ts'
import { describe, readBodyAs, shown } from './read.ts'

/** Names that this server has no limit of: a call that counts for nothing must not look as if it did. */
function checkKnown(names: readonly string[], known: Services['limits']): void {
  const unknown = names.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length === 0) return
  const fields = { limits: unknown.map((name) => `has no ${shown(name)}`) }
  throw new ProtocolError('invalid_request', describe(fields), { fields })
}

/**
 * Counts a call that a guard elsewhere lets in: rate limits are counted where all of a customer's calls come together. The
 * plan that decides how many it has is the team's own, as it is now.
 */
export function spendEndpoint(services: Services): Endpoint {
  return {
    path: `${guardPath}/spend`,
    methods: {
      POST: forGuard(services, async (request) => {
        const { id, team_id: teamId, limits } = readBodyAs(spendingSchema, readJson(request))
        checkKnown(limits, services.limits)
        const { facts, now } = services
        const team = teamId === undefined ? undefined : await facts.team(teamId)
        const caller = { id, ...(team && { team: { id: team.teamId, slug: team.slug }, plan: team.plan }) }
        return {
          status: 200,
          headers: noStore,
          body: { spent: (await facts.spend(caller, limits, now())) ?? null },
        }
      }),
    },
  }
}
