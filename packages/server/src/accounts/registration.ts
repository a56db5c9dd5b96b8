import { createHash } from 'node:crypto'
import type { ClientMetadata } from '@sallyport/protocol'
import { newId } from '../crypto/id.ts'
import { newSecret, secretHash } from '../crypto/secret.ts'
import type { Client, Registration } from '../store/contract/index.ts'
import { type ClientContext, hasSecret, newClientSecret } from './clients.ts'
import type { RecordContext } from './context.ts'

/** Software that asks to be registered: what it says of itself, read, and by which door and token it came. */
export interface SoftwareAsking {
  readonly doorId: string
  readonly metadata: ClientMetadata
  readonly initialTokenId: string | undefined
}

/** A registered client, with what is known at this moment only. */
export interface RegisteredSoftware {
  readonly client: Client
  readonly registration: Registration
  readonly secret: string | undefined
  /** @see RFC 7592 §3 */
  readonly accessToken: string | undefined
}

/** What people are shown where software gave no name: where it lives. */
function nameOf({ name, redirectUris: [first] }: ClientMetadata): string {
  if (name !== undefined) return name
  const host = first !== undefined && URL.canParse(first) ? new URL(first).host : ''
  return host === '' ? 'An app without a name' : host
}

/** The same text for values that are the same, in whatever order their members came. */
function spell(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spell).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${spell(member)}`)
  return `{${members.sort().join()}}`
}

/** Says the same of the same metadata, in whatever order its lists came: all of it, as who brings another key or promise is another. */
function fingerprintOf({ doorId, metadata }: SoftwareAsking): string {
  const { redirectUris, grantTypes, scope } = metadata
  const lists = [redirectUris, grantTypes, scope].map((list) => [...list].sort())
  const said = spell([doorId, { ...metadata, redirectUris: [], grantTypes: [], scope: [] }, lists])
  return createHash('sha256').update(said).digest('base64url')
}

async function findShared(
  fingerprint: string,
  { store, now }: RecordContext,
): Promise<RegisteredSoftware | undefined> {
  const clientId = await store.registrations.repeat(fingerprint, now)
  if (clientId === undefined) return undefined
  const [client, registration] = await Promise.all([
    store.clients.find(clientId, now),
    store.registrations.find(clientId),
  ])
  return client && registration && { client, registration, secret: undefined, accessToken: undefined }
}

/**
 * Registers software as it describes itself; `undefined` when its initial token has no use left.
 *
 * A public client proves nothing, so everybody who says the same is the same client: it gets the id that is there, and nobody can
 * manage it, or whoever came first could turn the app of all the others. A confidential client is one owner's: each registration
 * makes another, because a secret is shown once.
 * @see RFC 7591 §3.2.1, RFC 7592 §3
 */
export async function registerSoftware(
  asking: SoftwareAsking,
  context: ClientContext,
): Promise<RegisteredSoftware | undefined> {
  const { doorId, metadata, initialTokenId } = asking
  const { store, now, event } = context
  const isPublic = metadata.authentication.method === 'none'
  const fingerprint = isPublic ? fingerprintOf(asking) : undefined
  const known = fingerprint === undefined ? undefined : await findShared(fingerprint, context)
  if (known) return known

  const client = {
    clientId: newId('app_', now),
    doorId,
    name: nameOf(metadata),
    type: isPublic ? 'public' : 'confidential',
    teamId: undefined,
    grantTypes: metadata.grantTypes,
    scope: metadata.scope,
    redirectUris: metadata.redirectUris,
    resources: undefined,
    ...metadata.rules,
    authentication: metadata.authentication,
    ...(metadata.logout && { logout: metadata.logout }),
  } as const
  const { clientId } = client
  const made = hasSecret(client) ? newClientSecret(client, context) : undefined
  const accessToken = isPublic ? undefined : newSecret('spr_')
  const registration = {
    about: metadata.about,
    tokenHash: accessToken === undefined ? undefined : secretHash(accessToken),
    fingerprint,
    initialTokenId,
  }
  const registered = event('client.registered', { clientId, targetId: clientId, detail: client.name })
  if (await store.registrations.create({ client, secret: made?.stored, registration }, registered, now)) {
    return {
      client: { ...client, createdAt: now },
      registration: { ...registration, clientId, registeredAt: now },
      secret: made?.secret,
      accessToken,
    }
  }
  // Somebody who says the same was first, at this very moment; or the token was used up.
  return fingerprint === undefined ? undefined : findShared(fingerprint, context)
}

/** Makes a registration say what its client says now. */
export async function replaceRegistration(
  clientId: string,
  metadata: ClientMetadata,
  { store, now, event }: RecordContext,
): Promise<boolean> {
  const { redirectUris, scope, about, authentication, rules, logout } = metadata
  const base = { name: nameOf(metadata), redirectUris, scope, authentication, ...rules }
  const client = logout ? { ...base, logout } : base
  const detail = `name=${client.name}; redirectUris=${redirectUris.join(',')}`.slice(0, 500)
  const updated = event('client.updated', { clientId, targetId: clientId, detail })
  return store.registrations.replace(clientId, { client, about }, updated, now)
}
