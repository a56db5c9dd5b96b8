import { ProtocolError } from '@sallyport/protocol'
import { createTeam } from '../../accounts/teams.ts'
import type { Team } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import { fieldErrors } from '../fields.ts'
import { type AdminContext, adminPath, forAdmin, noStore } from './context.ts'
import { optionalChoice, optionalText, readText } from './read.ts'

const slugShape = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const statuses = ['active', 'inactive', 'suspended'] as const

function teamBody({ teamId, slug, name, plan, status }: Team): Readonly<Record<string, unknown>> {
  return { id: teamId, slug, name, plan, status }
}

/** Creates teams. */
export function teamsEndpoint(admin: AdminContext): Endpoint {
  return {
    path: `${adminPath}/teams`,
    methods: {
      POST: forAdmin(admin, async ({ body, now, event }) => {
        const slug = readText(body, 'slug')
        if (!slugShape.test(slug))
          throw fieldErrors({ slug: ['Use 1 to 64 lower-case letters, digits and inner hyphens.'] })
        const wanted = {
          slug,
          name: optionalText(body, 'name') ?? slug,
          plan: optionalText(body, 'plan') ?? 'Free',
        }
        const team = await createTeam(wanted, { store: admin.services.store, now, event })
        if (!team) throw fieldErrors({ slug: ['This slug is taken.'] })
        return { status: 201, headers: noStore, body: teamBody(team) }
      }),
    },
  }
}

/** One team: read, change its plan or status, delete. */
export function teamEndpoint(admin: AdminContext): Endpoint {
  const { teams } = admin.services.store
  async function find(teamId: string): Promise<Team> {
    const team = await teams.find(teamId)
    if (!team) throw new ProtocolError('not_found', 'no such team')
    return team
  }
  return {
    path: `${adminPath}/teams/{teamId}`,
    methods: {
      GET: forAdmin(admin, async ({ param }) => ({
        status: 200,
        headers: noStore,
        body: teamBody(await find(param('teamId'))),
      })),
      PATCH: forAdmin(admin, async ({ param, body, now, event }) => {
        const { teamId } = await find(param('teamId'))
        const plan = optionalText(body, 'plan')
        const name = optionalText(body, 'name')
        const status = optionalChoice(body, 'status', statuses)
        const change = {
          ...(plan !== undefined && { plan }),
          ...(name !== undefined && { name }),
          ...(status && { status }),
        }
        await teams.update(teamId, change, event('team.updated', { teamId, targetId: teamId }), now)
        return { status: 200, headers: noStore, body: teamBody(await find(teamId)) }
      }),
      DELETE: forAdmin(admin, async ({ param, now, event }) => {
        const { teamId, personal } = await find(param('teamId'))
        if (personal) throw new ProtocolError('conflict', 'a personal team goes with its account')
        await teams.remove(teamId, event('team.removed', { teamId, targetId: teamId }), now)
        return { status: 204 }
      }),
    },
  }
}

/** A person in a team: add, change the role, remove. */
export function memberEndpoint(admin: AdminContext): Endpoint {
  const { teams, accounts } = admin.services.store
  return {
    path: `${adminPath}/teams/{teamId}/members/{accountId}`,
    methods: {
      PUT: forAdmin(admin, async ({ param, body, now, event }) => {
        const [teamId, accountId] = [param('teamId'), param('accountId')]
        if (!(await teams.find(teamId)) || !(await accounts.find(accountId)))
          throw new ProtocolError('not_found', 'no such team or account')
        const role = optionalText(body, 'role') ?? 'member'
        await teams.setMember(
          { teamId, accountId, role },
          event('member.set', { teamId, accountId, targetId: accountId }),
          now,
        )
        return { status: 200, headers: noStore, body: { team: teamId, account: accountId, role } }
      }),
      DELETE: forAdmin(admin, async ({ param, now, event }) => {
        const [teamId, accountId] = [param('teamId'), param('accountId')]
        const removed = await teams.removeMember(
          accountId,
          teamId,
          event('member.removed', { teamId, accountId, targetId: accountId }),
          now,
        )
        if (!removed) throw new ProtocolError('not_found', 'not a member')
        return { status: 204 }
      }),
    },
  }
}
