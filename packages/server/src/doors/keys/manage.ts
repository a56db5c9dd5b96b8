import type { Guard } from '@sallyport/guard'
import { type Principal, ProtocolError, parseScope } from '@sallyport/protocol'
import { createKey, grantableKeyScope, type NewKey } from '../../accounts/keys.ts'
import type { KeysDoor } from '../../settings/door.ts'
import type { ApiKey, Environment } from '../../store/contract/index.ts'
import type { Endpoint, Handler, Reply, Request } from '../door.ts'
import { fieldErrors } from '../fields.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJson } from '../read-body.ts'
import { auditEvent, type Services } from '../services.ts'

const noStore = { 'cache-control': 'no-store' }

/** What the endpoints of one keys door share. */
export interface KeysContext {
  readonly door: KeysDoor
  readonly services: Services
  readonly guard: Guard
  /** The people doors whose sign-ins manage keys here. */
  readonly people: readonly string[]
}

const iso = (at: number | undefined) => (at === undefined ? null : new Date(at * 1000).toISOString())

function keyBody({
  keyId,
  name,
  preview,
  environment,
  scope,
  ipList,
  active,
  createdAt,
  expiresAt,
  lastUsedAt,
}: ApiKey): Readonly<Record<string, unknown>> {
  return {
    id: keyId,
    name,
    key_preview: preview,
    environment,
    scopes: scope,
    ip_list: ipList,
    is_active: active,
    created_at: iso(createdAt),
    expires_at: iso(expiresAt),
    last_used_at: iso(lastUsedAt),
  }
}

/** Runs `act` for a signed-in person. Keys and session tokens are recognised here, and refused: nothing that was minted mints. */
export function forPerson(
  keys: KeysContext,
  act: (request: Request, person: Principal) => Promise<Reply>,
): Handler {
  const { guard, people, door } = keys
  return async (request) => {
    const check = await guard.check(request, { doors: [...people, door.id], kinds: ['person'] })
    return check.outcome === 'refuse' ? check : act(request, check.principal)
  }
}

function texts(value: unknown, name: string): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.length <= 100 && value.every((one) => typeof one === 'string'))
    return value
  throw fieldErrors({ [name]: ['Expected a list of at most 100 strings.'] })
}

function readScope(body: Readonly<Record<string, unknown>>, role: string, door: KeysDoor): readonly string[] {
  const all = grantableKeyScope(door, role)
  if (body['scopes'] === undefined) {
    const readOnly = typeof body['read_only'] === 'boolean' ? body['read_only'] : door.readOnlyDefault
    return readOnly ? all.filter((value) => value.endsWith(':read')) : all
  }
  const listed = texts(body['scopes'], 'scopes')
  const scope = listed.length === 0 ? [] : parseScope(listed.join(' '))
  if (!scope) throw fieldErrors({ scopes: ['Not a list of scopes.'] })
  return scope
}

function readMoment(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(at)) throw fieldErrors({ expires_at: ['Expected a moment such as 2030-01-31T00:00:00Z.'] })
  return Math.floor(at / 1000)
}

function readEnvironment(value: unknown): Environment {
  if (value === undefined || value === 'live') return 'live'
  if (value === 'test') return 'test'
  throw fieldErrors({ environment: ['Use live or test.'] })
}

/** The team a key is for, and the person's role there: their own team, or one named by slug that they are in. */
async function teamFor(
  body: Readonly<Record<string, unknown>>,
  person: Principal,
  { services }: KeysContext,
): Promise<Pick<NewKey, 'teamId' | 'role'>> {
  if (body['team'] === undefined) return { teamId: person.team?.id ?? '', role: person.role ?? '' }
  const memberships = await services.store.teams.membershipsOf(person.id)
  const team = memberships.find(({ slug }) => slug === body['team'])
  if (!team) throw fieldErrors({ team: ['You are in no such team.'] })
  return team
}

/** Lists and makes keys. */
export function keysEndpoint(keys: KeysContext): Endpoint {
  const { door, services } = keys
  const { store } = services
  return {
    path: door.managePath,
    methods: {
      GET: forPerson(keys, async (_request, person) => {
        const memberships = await store.teams.membershipsOf(person.id)
        const lists = await Promise.all(
          memberships.map(({ teamId }) => store.keys.list({ doorId: door.id, teamId })),
        )
        const mine = lists.flat().filter(({ accountId }) => accountId === person.id)
        return { status: 200, headers: noStore, body: mine.map(keyBody) }
      }),
      POST: forPerson(keys, async (request, person) => {
        const body = readJson(request)
        if (typeof body['name'] !== 'string') throw fieldErrors({ name: ['This field is required.'] })
        await spendOrRefuse(services.limiter, `keys:${door.id}:${person.id}`, door.creations, services.now())
        const { teamId, role } = await teamFor(body, person, keys)
        const wanted = {
          name: body['name'],
          accountId: person.id,
          by: { familyId: person.credentialId },
          teamId,
          role,
          environment: readEnvironment(body['environment']),
          scope: readScope(body, role, door),
          ipList: texts(body['ip_list'], 'ip_list'),
          expiresAt: readMoment(body['expires_at']),
        }
        const made = await createKey(wanted, door, {
          store,
          now: services.now(),
          event: auditEvent(request, door.id),
        })
        if (made.outcome === 'refuse') throw fieldErrors(made.fields)
        const listed = keyBody({ ...made.key, active: true, revokedAt: undefined, lastUsedAt: undefined })
        return { status: 201, headers: noStore, body: { ...listed, key: made.secret } }
      }),
    },
  }
}

/** One key: read, rename, switch off and on, revoke. */
export function keyEndpoint(keys: KeysContext): Endpoint {
  const { door, services } = keys
  const { store } = services
  async function find(request: Request, person: Principal): Promise<ApiKey> {
    const key = await store.keys.find(request.params['keyId'] ?? '')
    if (key?.accountId === person.id && key.doorId === door.id && key.revokedAt === undefined) return key
    throw new ProtocolError('not_found', 'Not found.')
  }
  return {
    path: `${door.managePath}/{keyId}`,
    methods: {
      GET: forPerson(keys, async (request, person) => ({
        status: 200,
        headers: noStore,
        body: keyBody(await find(request, person)),
      })),
      PATCH: forPerson(keys, async (request, person) => {
        const { keyId } = await find(request, person)
        const { name, is_active: active } = readJson(request)
        if (name !== undefined && (typeof name !== 'string' || name.trim() === '' || name.length > 100))
          throw fieldErrors({ name: ['Use 1 to 100 characters.'] })
        if (active !== undefined && typeof active !== 'boolean')
          throw fieldErrors({ is_active: ['Must be a valid boolean.'] })
        const change = {
          ...(typeof name === 'string' && { name: name.trim() }),
          ...(active !== undefined && { active }),
        }
        const event = auditEvent(request, door.id)('key.updated', { accountId: person.id, targetId: keyId })
        await store.keys.update(keyId, change, event, services.now())
        return { status: 200, headers: noStore, body: keyBody(await find(request, person)) }
      }),
      DELETE: forPerson(keys, async (request, person) => {
        const { keyId } = await find(request, person)
        const event = auditEvent(request, door.id)('key.revoked', { accountId: person.id, targetId: keyId })
        await store.keys.revoke(keyId, event, services.now())
        return { status: 204 }
      }),
    },
  }
}
