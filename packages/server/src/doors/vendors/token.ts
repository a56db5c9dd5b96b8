import { ipBucket, parseBasic, ProtocolError } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import { authenticateClient } from '../../grants/authenticate-client.ts'
import { vendorMethods } from '../../grants/auth-methods.ts'
import { issue, tokenResponse } from '../../grants/issue.ts'
import { refresh } from '../../grants/refresh-token.ts'
import { startFamily } from '../../grants/start-family.ts'
import type { VendorsDoor } from '../../settings/door.ts'
import { type Endpoint, oneHeader, type Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { mediaType, readJsonOrForm } from '../read-body.ts'
import { authContext, grantContext, type Services } from '../services.ts'

const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** What the endpoints of one vendors door share. */
export interface VendorsContext {
  readonly door: VendorsDoor
  readonly services: Services
}

/** One text member, or the refusal that names it. */
function readText(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && value !== '') return value
  throw new ProtocolError(
    'invalid_request',
    value === undefined ? `${name} is required` : `${name} must be non-empty text`,
  )
}

/** A request with HTTP Basic needs no body at all. */
function readBody(request: Request): Readonly<Record<string, unknown>> {
  return request.body === '' && mediaType(request) === '' ? {} : readJsonOrForm(request)
}

function readCredentials(request: Request) {
  const body = readBody(request)
  const grantType = body['grant_type']
  // This door has one grant and needs no name for it; saying the right one is fine, another one is not.
  if (grantType !== undefined && grantType !== 'client_credentials') {
    throw new ProtocolError('unsupported_grant_type', 'this endpoint is for client credentials')
  }
  if (request.header('authorization').length === 0) {
    return {
      clientId: readText(body, 'client_id'),
      secret: readText(body, 'client_secret'),
      method: 'post',
    } as const
  }
  if (body['client_secret'] !== undefined)
    throw new ProtocolError('invalid_request', 'use one way of client authentication')
  const basic = parseBasic(oneHeader(request, 'authorization') ?? '')
  return { clientId: basic?.clientId, secret: basic?.secret, method: 'basic' } as const
}

/** Tokens for a vendor's client id and secret. @see RFC 6749 §4.4 */
export function tokenEndpoint({ door, services }: VendorsContext): Endpoint {
  return {
    path: `${door.path}/token`,
    methods: {
      async POST(request) {
        const credentials = readCredentials(request)
        const context = await grantContext(door, request, services)
        const key = `vendor:${door.id}:${ipBucket(request.ip)}`
        await spendOrRefuse(services.limiter, key, door.attempts, context.now)
        const client = await authenticateClient(
          credentials,
          authContext({ id: door.id, methods: vendorMethods }, services),
        )
        const team = client.teamId === undefined ? undefined : await services.store.teams.find(client.teamId)
        if (team?.status !== 'active') {
          throw new ProtocolError('invalid_client', 'client authentication failed', {
            detail: `vendor is ${team?.status ?? 'unknown'}`,
            headers: { 'www-authenticate': 'Bearer error="invalid_client"' },
          })
        }
        await services.limiter.refund(key, context.now)
        const { clientId, teamId } = client
        const start = {
          familyId: newId('fam_', context.now),
          kind: 'vendor',
          accountId: undefined,
          clientId,
          teamId,
          scope: client.scope,
        } as const
        const granted = await startFamily(start, context)
        return {
          status: 200,
          headers: noStore,
          body: tokenResponse(issue(granted, context)),
        }
      },
    },
  }
}

/** A fresh pair for a refresh token. No client credentials: the refresh token alone speaks for the vendor. */
export function refreshEndpoint({ door, services }: VendorsContext): Endpoint {
  return {
    path: `${door.path}/refresh`,
    methods: {
      async POST(request) {
        const presented = readText(readJsonOrForm(request), 'refresh_token')
        const context = await grantContext(door, request, services)
        const granted = await refresh({ presented, clientId: undefined, scope: undefined }, context)
        return { status: 200, headers: noStore, body: tokenResponse(issue(granted, context)) }
      },
    },
  }
}
