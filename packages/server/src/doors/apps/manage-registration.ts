import {
  checkUpdateMembers,
  type ClientMetadata,
  ipBucket,
  parseAuthorization,
  ProtocolError,
} from '@sallyport/protocol'
import { hasSecret, rotateClientSecret, secretThatIsMissing } from '../../accounts/clients.ts'
import { replaceRegistration } from '../../accounts/registration.ts'
import { takesSector } from '../../grants/subject.ts'
import { sameHash, secretHash } from '../../crypto/secret.ts'
import type { ClientWithSecrets, Registration } from '../../store/contract/index.ts'
import { type Endpoint, type Handler, oneHeader, type Reply, type Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJson } from '../read-body.ts'
import { auditEvent } from '../services.ts'
import { type AppsContext, noStore } from './context.ts'
import { readSoftware, registerPath, registrationBody } from './registration.ts'

/** The secret before works on for a day: whoever rotates has to tell all its servers. */
const overlap = 24 * 3600

interface Managed {
  readonly request: Request
  readonly client: ClientWithSecrets
  readonly registration: Registration
  readonly now: number
  readonly event: ReturnType<typeof auditEvent>
}

const refuseToken = (detail: string) =>
  new ProtocolError('invalid_token', 'the registration access token is not valid', {
    detail,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })

/**
 * Runs `act` for whoever has the client's registration access token. A client that is not there, one that nobody can manage and a
 * wrong token are one answer.
 * @see RFC 7592 §2, §2.1: a client that does not exist is 401, not 404
 */
function forOwner(apps: AppsContext, act: (managed: Managed) => Promise<Reply>): Handler {
  const { door, services } = apps
  return async (request) => {
    const now = services.now()
    const bucket = `credentials:${door.id}:${ipBucket(request.ip)}`
    await spendOrRefuse(services.limiter, bucket, door.credentialLimit, now)
    const presented = parseAuthorization(oneHeader(request, 'authorization') ?? '')
    if (presented?.scheme !== 'bearer') throw refuseToken('none was sent')
    const clientId = request.params['clientId'] ?? ''
    const [client, registration] = await Promise.all([
      services.store.clients.find(clientId, now),
      services.store.registrations.find(clientId),
    ])
    const hash = secretHash(presented.value)
    if (!client || client.doorId !== door.id || registration?.tokenHash === undefined)
      throw refuseToken('no client that can be managed')
    if (!sameHash(registration.tokenHash, hash)) throw refuseToken('of another client')
    return act({ request, client, registration, now, event: auditEvent(request, door.id) })
  }
}

/** The registration as it stands; the token comes back as it was sent, since only its hash is kept. @see RFC 7592 §3 */
function answer(
  { request, client, registration }: Managed,
  { door, services }: AppsContext,
  secret?: string,
): Reply {
  const body = {
    ...registrationBody(client, registration),
    registration_client_uri: `${services.baseUrl}${registerPath(door)}/${client.clientId}`,
    registration_access_token: parseAuthorization(oneHeader(request, 'authorization') ?? '')?.value,
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
  }
  return { status: 200, headers: noStore, body }
}

/** What may not change: one client can't become another kind of client. */
function refuseOtherKind(client: ClientWithSecrets, method: string, grantTypes: readonly string[]): void {
  const withSecret = (name: string) => name.startsWith('client_secret_')
  const before = client.authentication?.method ?? 'client_secret_basic'
  if (method !== before && !(withSecret(method) && withSecret(before)))
    throw new ProtocolError(
      'invalid_client_metadata',
      `token_endpoint_auth_method can't become ${method}; register another client`,
    )
  if ([...grantTypes].sort().join(' ') !== [...client.grantTypes].sort().join(' '))
    throw new ProtocolError('invalid_client_metadata', 'grant_types never change; register another client')
}

/** Nor one of another sector: what it has in its hands would tell it whom others know. @see OpenID Connect Core §8.1 */
function refuseOtherSector(
  client: ClientWithSecrets,
  { redirectUris, rules }: ClientMetadata,
  { door, services }: AppsContext,
): void {
  const { clientId } = client
  if (takesSector(client, { clientId, redirectUris, ...rules }, { door, sealer: services.sealer }))
    throw new ProtocolError(
      'invalid_client_metadata',
      'the sector of a pairwise client never changes; register another client',
    )
}

async function change(managed: Managed, apps: AppsContext): Promise<Reply> {
  const { request, client, now, event } = managed
  const { clientId, secrets } = client
  const members = readJson(request)
  const fault = checkUpdateMembers(members, clientId)
  if (fault !== undefined) throw new ProtocolError('invalid_request', fault)
  const { client_secret: secret = null } = members
  // RFC 7592 §2.2: a secret that is sent must be the client's own; it can't be chosen.
  if (
    secret !== null &&
    !secrets.some(({ hash }) => typeof secret === 'string' && sameHash(hash, secretHash(secret)))
  )
    throw new ProtocolError('invalid_client_metadata', 'client_secret is not the secret of this client')
  const metadata = await readSoftware(members, apps)
  refuseOtherKind(client, metadata.authentication.method, metadata.grantTypes)
  refuseOtherSector(client, metadata, apps)
  const { store } = apps.services
  await replaceRegistration(clientId, metadata, { store, now, event })
  const [changed, registration] = await Promise.all([
    store.clients.find(clientId, now),
    store.registrations.find(clientId),
  ])
  if (!changed || !registration) throw refuseToken('removed at this moment')
  // RFC 7592 §3: an answer may bring a secret, which takes the place of the one before.
  const fresh = await secretThatIsMissing(changed, overlap, { ...apps.services, now, event })
  return answer({ ...managed, client: changed, registration }, apps, fresh)
}

/** The address of one registration: read, replace, remove. @see RFC 7592 §2 */
export function registrationEndpoint(apps: AppsContext): Endpoint {
  const { door, services } = apps
  return {
    path: `${registerPath(door)}/{clientId}`,
    methods: {
      GET: forOwner(apps, (managed) => Promise.resolve(answer(managed, apps))),
      PUT: forOwner(apps, (managed) => change(managed, apps)),
      DELETE: forOwner(apps, async ({ client: { clientId }, now, event }) => {
        const removed = event('client.removed', { clientId, targetId: clientId, detail: 'by its owner' })
        await services.store.clients.remove(clientId, removed, now)
        return { status: 204, headers: noStore }
      }),
    },
  }
}

/** A fresh secret for a client that has one; the one before works on for a day. The documents have no such address. */
export function registrationSecretEndpoint(apps: AppsContext): Endpoint {
  const { door, services } = apps
  return {
    path: `${registerPath(door)}/{clientId}/secrets`,
    methods: {
      POST: forOwner(apps, async ({ client, now, event }) => {
        const { clientId } = client
        if (!hasSecret(client)) throw new ProtocolError('invalid_request', 'this client has no secret')
        const secret = await rotateClientSecret(client, overlap, { ...services, now, event })
        const body = {
          client_id: clientId,
          client_secret: secret,
          client_secret_expires_at: 0,
          previous_expires_at: now + overlap,
        }
        return { status: 201, headers: noStore, body }
      }),
    },
  }
}
