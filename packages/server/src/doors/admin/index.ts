import { ProtocolError, parseQuery } from '@sallyport/protocol'
import type { Door, Endpoint } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { registerClient } from '../../accounts/clients.ts'
import { guardDoorId } from '../guard/context.ts'
import { accountEndpoint, accountsEndpoint } from './accounts.ts'
import { clientSecretEndpoint, clientSecretsEndpoint } from './client-secrets.ts'
import { clientEndpoint, clientsEndpoint } from './clients.ts'
import { type AdminContext, adminId, adminPath, forAdmin, noStore } from './context.ts'
import { readText } from './read.ts'
import { registrationTokenEndpoint, registrationTokensEndpoint } from './registration-tokens.ts'
import { memberEndpoint, teamEndpoint, teamsEndpoint } from './teams.ts'

/** The audit log, newest first. */
function auditEndpoint(admin: AdminContext): Endpoint {
  return {
    path: `${adminPath}/audit`,
    methods: {
      GET: forAdmin(admin, async ({ request }) => {
        const query = parseQuery(request.search)
        if (query.outcome === 'refuse') throw new ProtocolError('invalid_request', query.description)
        const limit = Number(query.params.get('limit') ?? 100)
        if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1000)
          throw new ProtocolError('invalid_request', 'limit must be 1 to 1000')
        const before = query.params.get('cursor')
        const type = query.params.get('type')
        const data = await admin.services.store.audit.list({
          limit,
          ...(before !== undefined && { before }),
          ...(type !== undefined && { type }),
        })
        const last = data.at(-1)
        return {
          status: 200,
          headers: noStore,
          body: { data, next_cursor: data.length === limit && last ? last.eventId : null },
        }
      }),
    },
  }
}

/** Replaces the signing key; the new one is published before it signs. */
function signingKeysEndpoint(admin: AdminContext): Endpoint {
  return {
    path: `${adminPath}/signing-keys`,
    methods: {
      POST: forAdmin(admin, async ({ now, event }) => {
        const { signing, signingPolicy } = admin.services
        const kid = await signing.rotate(event('signing-key.added'), now)
        return {
          status: 201,
          headers: noStore,
          body: { kid, publish_ahead: signingPolicy.publishAhead },
        }
      }),
    },
  }
}

/** Makes the credential of a guard that runs elsewhere; its secret is shown once. */
function guardsEndpoint(admin: AdminContext): Endpoint {
  return {
    path: `${adminPath}/guards`,
    methods: {
      POST: forAdmin(admin, async ({ body, now, event }) => {
        const registration = {
          doorId: guardDoorId,
          name: readText(body, 'name'),
          type: 'confidential',
          teamId: undefined,
          grantTypes: [],
          scope: [],
          redirectUris: [],
          resources: undefined,
        } as const
        const { client, secret } = await registerClient(registration, {
          store: admin.services.store,
          sealer: admin.services.sealer,
          now,
          event,
        })
        return { status: 201, headers: noStore, body: { client_id: client.clientId, client_secret: secret } }
      }),
    },
  }
}

/** The management API, for administrators signed in at a people door. */
export function adminDoor(services: Services): Door {
  const people = services.doors.filter(({ kind }) => kind === 'people').map(({ id }) => id)
  const admin: AdminContext = { services, guard: services.guardFor({ shape: 'oauth' }), people }
  const endpoints = [
    accountsEndpoint,
    accountEndpoint,
    teamsEndpoint,
    teamEndpoint,
    memberEndpoint,
    clientsEndpoint,
    clientEndpoint,
    clientSecretsEndpoint,
    clientSecretEndpoint,
    registrationTokensEndpoint,
    registrationTokenEndpoint,
    guardsEndpoint,
    signingKeysEndpoint,
    auditEndpoint,
  ]
  return {
    id: adminId,
    prefixes: [adminPath],
    endpoints: endpoints.map((endpoint) => endpoint(admin)),
    refuse: refuseOauth,
  }
}
