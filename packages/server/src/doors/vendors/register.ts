import { parseEmail, ProtocolError } from '@sallyport/protocol'
import type { Guard } from '@sallyport/guard'
import { registerClient } from '../../accounts/clients.ts'
import { createTeam } from '../../accounts/teams.ts'
import type { Client, Team } from '../../store/contract/index.ts'
import type { Endpoint, Reply, Request } from '../door.ts'
import { readJson } from '../read-body.ts'
import { auditEvent } from '../services.ts'
import type { VendorsContext } from './token.ts'

const noStore = { 'cache-control': 'no-store' }
const statuses = ['active', 'inactive', 'suspended'] as const

function vendorBody({
  teamId,
  name,
  plan,
  status,
  profile,
  createdAt,
}: Team): Readonly<Record<string, unknown>> {
  return {
    vendor_id: teamId,
    name,
    ...profile,
    plan,
    status,
    created_at: new Date(createdAt * 1000).toISOString(),
  }
}

/** Only an administrator registers vendors; a vendor's own token is known here, and may not. */
async function adminOnly(
  request: Request,
  guard: Guard,
  { door, services }: VendorsContext,
): Promise<Reply | undefined> {
  const people = services.doors.filter(({ kind }) => kind === 'people').map(({ id }) => id)
  const check = await guard.check(request, { doors: [...people, door.id], admin: true })
  return check.outcome === 'refuse' ? check : undefined
}

function readVendor(body: Readonly<Record<string, unknown>>, plans: readonly string[]) {
  const { name, email, plan = plans[0], credits = 0 } = body
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200)
    throw new ProtocolError('invalid_request', 'name is required')
  const address = typeof email === 'string' ? parseEmail(email) : undefined
  if (address === undefined) throw new ProtocolError('invalid_request', 'email must be an e-mail address')
  if (typeof plan !== 'string' || !plans.includes(plan))
    throw new ProtocolError('invalid_request', `plan must be one of ${plans.join(', ')}`)
  if (typeof credits !== 'number' || !Number.isSafeInteger(credits) || credits < 0)
    throw new ProtocolError('invalid_request', 'credits must be a whole number')
  return { name: name.trim(), plan, profile: { email: address, credits } }
}

/** The one kind of client that vendors have. */
function machine(doorId: string): Omit<Client, 'clientId' | 'createdAt' | 'name' | 'teamId'> {
  return {
    doorId,
    type: 'confidential',
    grantTypes: ['client_credentials'],
    scope: [],
    redirectUris: [],
    resources: undefined,
  }
}

/** Registers a vendor: a team with a plan, and one client whose secret is shown once. */
export function registerEndpoint(vendors: VendorsContext): Endpoint {
  const { door, services } = vendors
  const guard = services.guardFor(door)
  return {
    path: door.registerPath,
    methods: {
      async POST(request) {
        const refused = await adminOnly(request, guard, vendors)
        if (refused) return refused
        const { name, plan, profile } = readVendor(readJson(request), door.plans)
        const { store, sealer } = services
        const context = { store, sealer, now: services.now(), event: auditEvent(request, door.id) }
        const team = await createTeam({ name, plan, profile }, context)
        if (!team) throw new ProtocolError('conflict', 'try again')
        const { client, secret } = await registerClient(
          { ...machine(door.id), name, teamId: team.teamId },
          context,
        )
        const body = { ...vendorBody(team), client_id: client.clientId, client_secret: secret }
        return { status: 201, headers: noStore, body }
      },
    },
  }
}

/** One vendor: read it, or change its plan and status, which count from the next request on. */
export function vendorEndpoint(vendors: VendorsContext): Endpoint {
  const { door, services } = vendors
  const guard = services.guardFor(door)
  const { store } = services
  async function find(request: Request): Promise<Team> {
    const team = await store.teams.find(request.params['vendorId'] ?? '')
    if (!team || team.personal) throw new ProtocolError('not_found', 'no such vendor')
    return team
  }
  return {
    path: `${door.registerPath}/{vendorId}`,
    methods: {
      async GET(request) {
        const refused = await adminOnly(request, guard, vendors)
        return refused ?? { status: 200, headers: noStore, body: vendorBody(await find(request)) }
      },
      async PATCH(request) {
        const refused = await adminOnly(request, guard, vendors)
        if (refused) return refused
        const { teamId } = await find(request)
        const { plan, status } = readJson(request)
        if (plan !== undefined && !(typeof plan === 'string' && door.plans.includes(plan)))
          throw new ProtocolError('invalid_request', `plan must be one of ${door.plans.join(', ')}`)
        const known = statuses.find((one) => one === status)
        if (status !== undefined && !known)
          throw new ProtocolError('invalid_request', `status must be one of ${statuses.join(', ')}`)
        const change = { ...(typeof plan === 'string' && { plan }), ...(known && { status: known }) }
        await store.teams.update(
          teamId,
          change,
          auditEvent(request, door.id)('team.updated', { teamId, targetId: teamId }),
          services.now(),
        )
        return { status: 200, headers: noStore, body: vendorBody(await find(request)) }
      },
      async DELETE(request) {
        const refused = await adminOnly(request, guard, vendors)
        if (refused) return refused
        const { teamId } = await find(request)
        await store.teams.remove(
          teamId,
          auditEvent(request, door.id)('team.removed', { teamId, targetId: teamId }),
          services.now(),
        )
        return { status: 204 }
      },
    },
  }
}
