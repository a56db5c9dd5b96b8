import { ProtocolError } from '@sallyport/protocol'
import { hasSecret, rotateClientSecret } from '../../accounts/clients.ts'
import type { ClientWithSecrets, KeptClientSecret } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import { type AdminContext, adminPath, forAdmin, noStore } from './context.ts'
import type { Body } from './read.ts'

/** For how long the secret before works on, where nobody says. */
export const defaultOverlap = 24 * 3600
const longestOverlap = 90 * 24 * 3600

function readOverlap(body: Body): number {
  const overlap = body['overlap_seconds'] ?? defaultOverlap
  if (
    typeof overlap === 'number' &&
    Number.isSafeInteger(overlap) &&
    overlap >= 0 &&
    overlap <= longestOverlap
  )
    return overlap
  throw new ProtocolError(
    'invalid_request',
    `overlap_seconds must be a whole number from 0 to ${longestOverlap}`,
  )
}

/** All that may be told of a secret: which it is, and whether anybody still needs it. */
const secretBody = ({ secretId, createdAt, expiresAt, lastUsedAt }: KeptClientSecret) => ({
  id: secretId,
  created_at: createdAt,
  expires_at: expiresAt ?? null,
  last_used_at: lastUsedAt ?? null,
})

async function findConfidential(
  { services }: AdminContext,
  clientId: string,
  now: number,
): Promise<ClientWithSecrets> {
  const client = await services.store.clients.find(clientId, now)
  if (client?.type === 'confidential') return client
  throw new ProtocolError('not_found', 'no such confidential client')
}

/** The live secrets of a client, and a fresh one; the one before works on until the overlap ends. */
export function clientSecretsEndpoint(admin: AdminContext): Endpoint {
  const { store, sealer } = admin.services
  return {
    path: `${adminPath}/clients/{clientId}/secrets`,
    methods: {
      GET: forAdmin(admin, async ({ param, now }) => {
        const { secrets } = await findConfidential(admin, param('clientId'), now)
        return { status: 200, headers: noStore, body: { data: secrets.map(secretBody) } }
      }),
      POST: forAdmin(admin, async ({ param, body, now, event }) => {
        const overlap = readOverlap(body)
        const client = await findConfidential(admin, param('clientId'), now)
        if (!hasSecret(client))
          throw new ProtocolError('conflict', 'this client proves itself without a secret')
        const secret = await rotateClientSecret(client, overlap, { store, sealer, now, event })
        return {
          status: 201,
          headers: noStore,
          body: { client_id: client.clientId, client_secret: secret, previous_expires_at: now + overlap },
        }
      }),
    },
  }
}

/** One secret: end it now, or when `overlap_seconds` are over. */
export function clientSecretEndpoint(admin: AdminContext): Endpoint {
  const { clients } = admin.services.store
  return {
    path: `${adminPath}/clients/{clientId}/secrets/{secretId}`,
    methods: {
      DELETE: forAdmin(admin, async ({ param, body, now, event }) => {
        const { clientId } = await findConfidential(admin, param('clientId'), now)
        const secretId = param('secretId')
        const endAt = now + (body['overlap_seconds'] === undefined ? 0 : readOverlap(body))
        const ended = event('client.secret-ended', { clientId, targetId: secretId })
        if (!(await clients.endSecret(clientId, { secretId, endAt }, ended, now)))
          throw new ProtocolError('not_found', 'no such secret that lives longer')
        return { status: 204 }
      }),
    },
  }
}
