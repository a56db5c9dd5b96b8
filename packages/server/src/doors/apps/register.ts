import { ipBucket, parseAuthorization, ProtocolError } from '@sallyport/protocol'
import { registerSoftware } from '../../accounts/registration.ts'
import { secretHash } from '../../crypto/secret.ts'
import { type Endpoint, oneHeader, type Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJson } from '../read-body.ts'
import { auditEvent } from '../services.ts'
import { type AppsContext, noStore } from './context.ts'
import { readSoftware, registerPath, registrationBody } from './registration.ts'

const usualLimit = { limit: 30, window: 3600 }

const refuseToken = (detail: string) =>
  new ProtocolError('invalid_token', 'a token to register with is needed', {
    detail,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })

/** The id of the token that lets software register; `undefined` at a door that asks for none. @see RFC 7591 §3 */
async function initialToken(request: Request, { door, services }: AppsContext): Promise<string | undefined> {
  if (door.registration !== 'token') return undefined
  const presented = parseAuthorization(oneHeader(request, 'authorization') ?? '')
  if (presented?.scheme !== 'bearer') throw refuseToken('none was sent')
  const found = await services.store.registrations.findToken(secretHash(presented.value), services.now())
  if (found?.doorId !== door.id) throw refuseToken('unknown, used up, expired, or of another door')
  return found.tokenId
}

/** Where software registers itself. @see RFC 7591 §3 */
export function registerEndpoint(apps: AppsContext): Endpoint {
  const { door, services } = apps
  const path = registerPath(door)
  return {
    path,
    methods: {
      async POST(request) {
        const now = services.now()
        await spendOrRefuse(
          services.limiter,
          `register:${door.id}:${ipBucket(request.ip)}`,
          door.registrationLimit ?? usualLimit,
          now,
        )
        const initialTokenId = await initialToken(request, apps)
        const metadata = await readSoftware(readJson(request), apps)
        const registered = await registerSoftware(
          { doorId: door.id, metadata, initialTokenId },
          { store: services.store, sealer: services.sealer, now, event: auditEvent(request, door.id) },
        )
        if (!registered) throw refuseToken('used up at this moment')
        const { client, registration, secret, accessToken } = registered
        const body = {
          ...registrationBody(client, registration),
          ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
          ...(accessToken !== undefined && {
            registration_access_token: accessToken,
            registration_client_uri: `${services.baseUrl}${path}/${client.clientId}`,
          }),
        }
        return { status: 201, headers: noStore, body }
      },
    },
  }
}
