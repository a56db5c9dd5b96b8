import { ProtocolError } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import type { DoorSettings } from '../../settings/door.ts'
import type { InitialToken } from '../../store/contract/index.ts'
import type { Endpoint } from '../door.ts'
import { type AdminContext, adminPath, forAdmin, noStore } from './context.ts'
import { type Body, readText } from './read.ts'

const usualLifetime = 7 * 24 * 3600
const longestLifetime = 365 * 24 * 3600
const mostUses = 10_000

function readCount(body: Body, name: string, usual: number, most: number): number {
  const value = body[name] ?? usual
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most) return value
  throw new ProtocolError('invalid_request', `${name} must be a whole number from 1 to ${most}`)
}

/** The door by its id, where software registers with a token. */
function checkDoor(id: string, doors: readonly DoorSettings[]): string {
  const found = doors.some((door) => door.kind === 'apps' && door.id === id && door.registration === 'token')
  if (found) return id
  throw new ProtocolError('invalid_request', 'door must be the id of a door with registration by token')
}

function tokenBody({ tokenId, doorId, name, usesLeft, expiresAt }: InitialToken): Body {
  return { id: tokenId, door: doorId, name, uses_left: usesLeft, expires_at: expiresAt }
}

/** Tokens that let software register itself; one is shown once. @see RFC 7591 §3 */
export function registrationTokensEndpoint(admin: AdminContext): Endpoint {
  const { doors, store } = admin.services
  return {
    path: `${adminPath}/registration-tokens`,
    methods: {
      GET: forAdmin(admin, async ({ now }) => {
        const ids = doors.filter(({ kind }) => kind === 'apps').map(({ id }) => id)
        const tokens = await Promise.all(ids.map((id) => store.registrations.tokensOf(id, now)))
        return { status: 200, headers: noStore, body: { data: tokens.flat().map(tokenBody) } }
      }),
      POST: forAdmin(admin, async ({ body, now, event }) => {
        const secret = newSecret('spi_')
        const token = {
          tokenId: newId('reg_', now),
          hash: secretHash(secret),
          doorId: checkDoor(readText(body, 'door'), doors),
          name: readText(body, 'name'),
          usesLeft: readCount(body, 'uses', 1, mostUses),
          expiresAt: now + readCount(body, 'lifetime_seconds', usualLifetime, longestLifetime),
        }
        const made = event('registration-token.created', { targetId: token.tokenId })
        await store.registrations.addToken(token, made, now)
        return { status: 201, headers: noStore, body: { ...tokenBody(token), token: secret } }
      }),
    },
  }
}

/** Takes one of them back; clients that it let in stay. */
export function registrationTokenEndpoint(admin: AdminContext): Endpoint {
  const { registrations } = admin.services.store
  return {
    path: `${adminPath}/registration-tokens/{tokenId}`,
    methods: {
      DELETE: forAdmin(admin, async ({ param, now, event }) => {
        const targetId = param('tokenId')
        const removed = event('registration-token.removed', { targetId })
        if (!(await registrations.removeToken(targetId, removed, now)))
          throw new ProtocolError('not_found', 'no such token')
        return { status: 204 }
      }),
    },
  }
}
