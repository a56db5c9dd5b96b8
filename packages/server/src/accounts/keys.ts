import {
  formatApiKey,
  intersectScope,
  parseIpList,
  previewApiKey,
  type Scope,
  scopeWithin,
  ProtocolError,
} from '@sallyport/protocol'
import { newId } from '../crypto/id.ts'
import { newBytes, secretHash } from '../crypto/secret.ts'
import type { KeysDoor } from '../settings/door.ts'
import type { ApiKey, Environment, MadeBy } from '../store/contract/index.ts'
import type { RecordContext } from './context.ts'

/** What the owner wants of a new key. */
export interface NewKey {
  readonly name: string
  readonly accountId: string
  readonly teamId: string
  /** The sign-in it is made with; left out where nobody signed in, as for a demonstration. */
  readonly by?: MadeBy
  /** Of the owner, in that team. */
  readonly role: string
  readonly environment: Environment
  readonly scope: Scope
  readonly ipList: readonly string[]
  /** A moment; `undefined`: until revoked. */
  readonly expiresAt: number | undefined
}

/** A key as made: the only moment its secret is known. Or what is wrong, by field. */
export type KeyCreation =
  | {
      readonly outcome: 'created'
      readonly secret: string
      readonly key: Omit<ApiKey, 'revokedAt' | 'lastUsedAt' | 'active'>
    }
  | { readonly outcome: 'refuse'; readonly fields: Readonly<Record<string, readonly string[]>> }

/** The scopes that somebody of a role may give away here, sorted: nobody can hand on more than they have. */
export function grantableKeyScope({ scopes, roles }: KeysDoor, role: string): Scope {
  const all = Object.keys(scopes).sort()
  const most = Object.hasOwn(roles, role) ? roles[role] : undefined
  return most === undefined ? all : intersectScope(all, most)
}

/** Makes an API key for a door. */
export async function createKey(
  wanted: NewKey,
  door: KeysDoor,
  { store, now, event }: RecordContext,
): Promise<KeyCreation> {
  const { name, environment, scope, ipList, expiresAt, accountId, teamId } = wanted
  const grantable = grantableKeyScope(door, wanted.role)
  const ips = parseIpList(ipList)
  const fields = {
    ...((name.trim() === '' || name.length > 100) && { name: ['Use 1 to 100 characters.'] }),
    ...(!scopeWithin(scope, grantable) && { scopes: [`You can give: ${grantable.join(' ') || 'none'}.`] }),
    ...(ips.outcome === 'refuse' && { ip_list: [`"${ips.entry}" is not an address or CIDR range.`] }),
    ...(expiresAt !== undefined && expiresAt <= now && { expires_at: ['This moment has passed.'] }),
    ...(environment === 'test' && !door.format.environments && { environment: ['Keys here are live.'] }),
  }
  if (Object.keys(fields).length > 0) return { outcome: 'refuse', fields }
  const secret = formatApiKey(door.format, environment, newBytes(32))
  const key = {
    keyId: newId('key_', now),
    hash: secretHash(secret),
    doorId: door.id,
    accountId,
    teamId,
    name: name.trim(),
    environment,
    scope,
    ipList,
    preview: previewApiKey(secret),
    expiresAt,
  }
  const created = event('key.created', { accountId, teamId, targetId: key.keyId })
  if (!(await store.keys.create(key, created, now, wanted.by))) {
    throw new ProtocolError('invalid_token', 'sign in again', {
      detail: 'the sign-in ended while the key was made',
    })
  }
  return { outcome: 'created', secret, key: { ...key, createdAt: now } }
}
