import { ProtocolError } from '@sallyport/protocol'
import type { Endpoint } from '../door.ts'
import { readJson } from '../read-body.ts'
import type { Services } from '../services.ts'
import { forGuard, guardPath, noStore } from './context.ts'

interface Spending {
  readonly id: string
  readonly teamId: string | undefined
  readonly limits: readonly string[]
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 300

function readSpending(body: Readonly<Record<string, unknown>>, { limits: known }: Services): Spending {
  const { id, team_id: teamId, limits } = body
  if (!isId(id)) throw new ProtocolError('invalid_request', 'id must name the caller')
  if (teamId !== undefined && !isId(teamId))
    throw new ProtocolError('invalid_request', 'team_id must be a team’s id')
  if (!Array.isArray(limits) || limits.length === 0 || limits.length > 10 || !limits.every(isId))
    throw new ProtocolError('invalid_request', 'limits must be a list of one to ten names')
  const unknown = limits.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0)
    throw new ProtocolError(
      'invalid_request',
      `no limit is called ${unknown[0]}`.replace(/[^\x20-\x7E]/g, '?'),
    )
  return { id, teamId, limits }
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
        const { id, teamId, limits } = readSpending(readJson(request), services)
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
