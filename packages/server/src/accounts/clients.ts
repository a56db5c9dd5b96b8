import { newId } from '../crypto/id.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { Client, ClientSecret } from '../store/contract/index.ts'
import type { RecordContext } from './context.ts'

function newClientSecret(now: number): { readonly secret: string; readonly stored: ClientSecret } {
  const secret = newSecret('sps_')
  return { secret, stored: { secretId: newId('sec_', now), hash: secretHash(secret), expiresAt: undefined } }
}

/** Registers software. A confidential client's secret is known at this moment only. */
export async function registerClient(
  registration: Omit<Client, 'clientId' | 'createdAt'>,
  { store, now, event }: RecordContext,
): Promise<{ readonly client: Client; readonly secret: string | undefined }> {
  const client = { ...registration, clientId: newId('app_', now) }
  const { clientId, teamId } = client
  const about = { clientId, targetId: clientId, ...(teamId !== undefined && { teamId }) }
  const { secret, stored } = newClientSecret(now)
  const confidential = client.type === 'confidential'
  await store.clients.create(client, confidential ? stored : undefined, event('client.created', about), now)
  return { client: { ...client, createdAt: now }, secret: confidential ? secret : undefined }
}

/** A fresh secret for a client; the one before works on for `overlap` seconds. */
export async function rotateClientSecret(
  clientId: string,
  overlap: number,
  { store, now, event }: RecordContext,
): Promise<string> {
  const { secret, stored } = newClientSecret(now)
  const rotated = event('client.secret-rotated', { clientId, targetId: stored.secretId })
  await store.clients.rotateSecret(clientId, { secret: stored, overlapUntil: now + overlap }, rotated, now)
  return secret
}
