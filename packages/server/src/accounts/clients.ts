import type { ClientAuthMethod } from '@sallyport/protocol'
import { sealClientSecret } from '../crypto/client-secret.ts'
import { newId } from '../crypto/id.ts'
import type { Sealer } from '../crypto/seal.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { Client, ClientSecret, ClientWithSecrets } from '../store/contract/index.ts'
import type { RecordContext } from './context.ts'

/** What making a client's secret may use. */
export interface ClientContext extends RecordContext {
  readonly sealer: Sealer
}

const withSecret: readonly (ClientAuthMethod | undefined)[] = [
  undefined,
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
]

/** Whether a client proves itself with a secret. */
export function hasSecret({ type, authentication }: Pick<Client, 'type' | 'authentication'>): boolean {
  return type === 'confidential' && withSecret.includes(authentication?.method)
}

/** A fresh secret of a client, and how it is kept. */
export function newClientSecret(
  { clientId, authentication }: Pick<Client, 'clientId' | 'authentication'>,
  { sealer, now }: Pick<ClientContext, 'sealer' | 'now'>,
): { readonly secret: string; readonly stored: ClientSecret } {
  const secret = newSecret('sps_')
  const stored = { secretId: newId('sec_', now), hash: secretHash(secret), expiresAt: undefined }
  // Only what a client signs with has to be there when it is verified; of every other secret the hash is enough.
  if (authentication?.method !== 'client_secret_jwt') return { secret, stored }
  return { secret, stored: { ...stored, sealed: sealClientSecret(secret, clientId, sealer) } }
}

/** Registers software. The secret of a client that has one is known at this moment only. */
export async function registerClient(
  registration: Omit<Client, 'clientId' | 'createdAt'>,
  context: ClientContext,
): Promise<{ readonly client: Client; readonly secret: string | undefined }> {
  const { store, now, event } = context
  const client = { ...registration, clientId: newId('app_', now) }
  const { clientId, teamId } = client
  const about = { clientId, targetId: clientId, ...(teamId !== undefined && { teamId }) }
  const made = hasSecret(client) ? newClientSecret(client, context) : undefined
  await store.clients.create(client, made?.stored, event('client.created', about), now)
  return { client: { ...client, createdAt: now }, secret: made?.secret }
}

/** A fresh secret for a client; the one before works on for `overlap` seconds. */
export async function rotateClientSecret(
  client: Pick<Client, 'clientId' | 'authentication'>,
  overlap: number,
  context: ClientContext,
): Promise<string> {
  const { store, now, event } = context
  const { clientId } = client
  const { secret, stored } = newClientSecret(client, context)
  const rotated = event('client.secret-rotated', { clientId, targetId: stored.secretId })
  await store.clients.rotateSecret(clientId, { secret: stored, overlapUntil: now + overlap }, rotated, now)
  return secret
}

/**
 * A fresh secret for a client that proves itself by one now and has none to do it with: none at all, or none that it could sign
 * with, since of the others the hash alone is kept. What there was works on for `overlap` seconds.
 */
export async function secretThatIsMissing(
  client: ClientWithSecrets,
  overlap: number,
  context: ClientContext,
): Promise<string | undefined> {
  const signs = client.authentication?.method === 'client_secret_jwt'
  const fit = client.secrets.some(({ sealed }) => !signs || sealed !== undefined)
  return hasSecret(client) && !fit ? rotateClientSecret(client, overlap, context) : undefined
}
