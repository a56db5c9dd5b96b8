import { newId } from '../crypto/id.ts'
import type { Team } from '../store/contract/index.ts'
import type { RecordContext } from './context.ts'

/** A team in the words of whoever makes it. */
export interface NewTeam {
  /** Left out: made from the id. */
  readonly slug?: string | undefined
  readonly name: string
  readonly plan: string
  readonly profile?: Readonly<Record<string, unknown>>
}

/** Makes an active team; `undefined` when the slug is taken. */
export async function createTeam(
  { slug, name, plan, profile = {} }: NewTeam,
  { store, now, event }: RecordContext,
): Promise<Team | undefined> {
  const teamId = newId('team_', now)
  const team: Omit<Team, 'createdAt'> = {
    teamId,
    slug: slug ?? teamId.replaceAll('_', '-'),
    name,
    personal: false,
    plan,
    status: 'active',
    profile,
  }
  const created = await store.teams.create(team, event('team.created', { teamId, targetId: teamId }), now)
  return created ? { ...team, createdAt: now } : undefined
}
