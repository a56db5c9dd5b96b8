import {
  authenticationMetadata,
  clientRulesMetadata,
  logoutMetadata,
  ProtocolError,
} from '@sallyport/protocol'
import { registerClient, secretThatIsMissing } from '../../accounts/clients.ts'
import type { DoorSettings } from '../../settings/door.ts'
import { unfitFor } from '../apps/registration.ts'
import type { Client, ClientWithSecrets } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import { changedAuthentication, type ClientDoor, readAuthentication } from './client-authentication.ts'
import { changedLogout, readLogout } from './client-logout.ts'
import { defaultOverlap } from './client-secrets.ts'
import { type AdminContext, adminPath, forAdmin, noStore } from './context.ts'
import {
  type Body,
  optionalChoice,
  optionalIds,
  optionalRedirectUris,
  optionalScope,
  optionalText,
  optionalTexts,
  readText,
} from './read.ts'
import { changedRules, readRules } from './client-rules.ts'

function clientBody(client: Client): Readonly<Record<string, unknown>> {
  const {
    clientId,
    doorId,
    name,
    type,
    teamId,
    grantTypes,
    scope,
    redirectUris,
    resources,
    authentication,
    logout,
  } = client
  return {
    client_id: clientId,
    door: doorId,
    client_name: name,
    type,
    team: teamId ?? null,
    grant_types: grantTypes,
    scope: scope.join(' '),
    redirect_uris: redirectUris,
    ...(resources && { resources }),
    ...clientRulesMetadata(client),
    ...(authentication && authenticationMetadata(authentication)),
    ...(logout && logoutMetadata(logout)),
  }
}

/** The one answer in which a fresh secret is told. */
const withSecret = (client: Client, secret: string | undefined) => ({
  ...clientBody(client),
  ...(secret !== undefined && { client_secret: secret }),
})

function doorOf(body: Body, doors: readonly DoorSettings[]): ClientDoor {
  const id = readText(body, 'door')
  const door = doors.find(
    (one): one is ClientDoor => one.id === id && (one.kind === 'apps' || one.kind === 'vendors'),
  )
  if (!door) throw new ProtocolError('invalid_request', 'door must be the id of a door that has clients')
  return door
}

const knownScopes = (door: ClientDoor): readonly string[] =>
  door.kind === 'apps' ? Object.keys(door.scopes) : []

function refuseUnfit(door: ClientDoor, client: Parameters<typeof unfitFor>[1]): void {
  const unfit = door.kind === 'apps' ? unfitFor(door, client) : undefined
  if (unfit !== undefined) throw new ProtocolError('invalid_request', unfit)
}

function readClient(body: Body, door: ClientDoor): Omit<Client, 'clientId' | 'createdAt'> {
  const type = optionalChoice(body, 'type', ['confidential', 'public'] as const) ?? 'confidential'
  const grantTypes =
    optionalTexts(body, 'grant_types') ??
    (door.kind === 'apps' ? ['authorization_code', 'refresh_token'] : ['client_credentials'])
  const redirectUris = optionalRedirectUris(body) ?? []
  const teamId = optionalText(body, 'team')
  // A door's grant types, and for vendors the only one they have.
  const known = door.kind === 'apps' ? door.grantTypes : ['client_credentials']
  const unknown = grantTypes.find((one) => !known.includes(one))
  if (unknown !== undefined)
    throw new ProtocolError('invalid_request', `grant_types: ${unknown} is not one of ${known.join(', ')}`)
  if (grantTypes.includes('authorization_code') && redirectUris.length === 0) {
    throw new ProtocolError('invalid_request', 'redirect_uris is required for authorization_code')
  }
  if (grantTypes.includes('client_credentials') && (type === 'public' || teamId === undefined)) {
    throw new ProtocolError('invalid_request', 'client_credentials is for confidential clients of a team')
  }
  const scope = optionalScope(body, 'scope', knownScopes(door)) ?? knownScopes(door)
  const resources = optionalIds(body, 'resources')
  const authentication = readAuthentication(body, type, door)
  refuseUnfit(door, { redirectUris, authentication })
  const logout = readLogout(body, redirectUris, door)
  return {
    doorId: door.id,
    name: readText(body, 'name'),
    type,
    teamId,
    grantTypes,
    scope: [...scope].sort(),
    redirectUris,
    resources,
    ...(authentication && { authentication }),
    ...(logout && { logout }),
  }
}

const inWords = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

const changeInWords = (change: object) =>
  Object.entries(change)
    .map(([member, value]) => `${member}=${Array.isArray(value) ? String(value) : inWords(value)}`)
    .join('; ')
    .slice(0, 500)

/** Registers clients; the secret of one that has a secret is shown once. @see RFC 7591 §2 for the member names */
export function clientsEndpoint(admin: AdminContext): Endpoint {
  const { services } = admin
  return {
    path: `${adminPath}/clients`,
    methods: {
      POST: forAdmin(admin, async ({ body, now, event }) => {
        const door = doorOf(body, services.doors)
        const described = readClient(body, door)
        const rules = await readRules(body, described.redirectUris, { door, services })
        const registration = { ...described, ...rules }
        const { teamId } = registration
        if (teamId !== undefined && !(await services.store.teams.find(teamId)))
          throw new ProtocolError('invalid_request', 'team is unknown')
        const { client, secret } = await registerClient(registration, {
          store: services.store,
          sealer: services.sealer,
          now,
          event,
        })
        return { status: 201, headers: noStore, body: withSecret(client, secret) }
      }),
    },
  }
}

/** One client: read, change, delete. The grant types never change. */
export function clientEndpoint(admin: AdminContext): Endpoint {
  const { services } = admin
  const { clients } = services.store
  async function find(clientId: string, now: number): Promise<ClientWithSecrets> {
    const client = await clients.find(clientId, now)
    if (!client) throw new ProtocolError('not_found', 'no such client')
    return client
  }
  return {
    path: `${adminPath}/clients/{clientId}`,
    methods: {
      GET: forAdmin(admin, async ({ param, now }) => ({
        status: 200,
        headers: noStore,
        body: clientBody(await find(param('clientId'), now)),
      })),
      PATCH: forAdmin(admin, async ({ param, body, now, event }) => {
        const client = await find(param('clientId'), now)
        const door = doorOf({ door: client.doorId }, services.doors)
        if (body['grant_types'] !== undefined)
          throw new ProtocolError('invalid_request', 'grant_types never change; register another client')
        const name = optionalText(body, 'name')
        const redirectUris = optionalRedirectUris(body)
        const scope = optionalScope(body, 'scope', knownScopes(door))
        const resources = optionalIds(body, 'resources')
        const authentication = changedAuthentication(body, client, door)
        refuseUnfit(door, { redirectUris, authentication: authentication ?? client.authentication })
        const logout = changedLogout(body, client, door)
        const change = {
          ...(name !== undefined && { name }),
          ...(redirectUris && { redirectUris }),
          ...(scope && { scope }),
          ...(resources && { resources }),
          ...(await changedRules(body, { client, redirectUris }, { door, services })),
          ...(authentication && { authentication }),
          ...(logout && { logout }),
        }
        const { clientId } = client
        const detail = changeInWords(change)
        await clients.update(
          clientId,
          change,
          event('client.updated', { clientId, targetId: clientId, detail }),
          now,
        )
        const changed = await find(clientId, now)
        const context = { ...services, now, event }
        const secret = authentication && (await secretThatIsMissing(changed, defaultOverlap, context))
        return { status: 200, headers: noStore, body: withSecret(changed, secret) }
      }),
      DELETE: forAdmin(admin, async ({ param, now, event }) => {
        const { clientId } = await find(param('clientId'), now)
        await clients.remove(clientId, event('client.removed', { clientId, targetId: clientId }), now)
        return { status: 204 }
      }),
    },
  }
}
