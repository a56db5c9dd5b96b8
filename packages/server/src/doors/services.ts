import type { Readable } from 'node:stream'
import type { Guard, GuardOptions, ReplayStore } from '@sallyport/guard'
import type { Logger } from 'pino'
import type { ClientDocuments } from '../accounts/client-documents.ts'
import type { Limiter } from '../checks/limit.ts'
import type { LocalFacts } from '../checks/facts.ts'
import type { Passwords } from '../crypto/password.ts'
import type { Sealer } from '../crypto/seal.ts'
import type { SigningPolicy } from '../checks/add-signing-key.ts'
import type { Signing } from '../checks/signing.ts'
import type { AuthContext, PresentedCertificate } from '../grants/auth-method.ts'
import { usualMethods } from '../grants/auth-methods.ts'
import type { ClientKeys } from '../grants/client-keys.ts'
import type { GrantContext, GrantDoor } from '../grants/context.ts'
import type { ClientCertificateSettings } from '../settings/client-certificate.ts'
import type { DetailType } from '../settings/detail-type.ts'
import type { DoorSettings, LimitTable } from '../settings/door.ts'
import type { ForwardRoute } from '../settings/forward.ts'
import { openAccessToken, openJwt } from './open-token.ts'
import { issuerOf } from '../settings/issuer.ts'
import { knownResources } from '../settings/resources.ts'
import type { AuditEvent, Store } from '../store/contract/index.ts'
import type { Request } from './door.ts'

/** What every door gets from the server. */
export interface Services {
  readonly store: Store
  readonly facts: LocalFacts
  readonly signing: Signing
  readonly signingPolicy: SigningPolicy
  readonly sealer: Sealer
  readonly passwords: Passwords
  readonly limiter: Limiter
  /** Proofs that this process has seen, whoever checked them. @see RFC 9449 §11.1 */
  readonly replay: ReplayStore
  /** The public keys of clients. */
  readonly clientKeys: ClientKeys
  /** How the proxy tells the certificates of its clients; left out where none does. */
  readonly clientCertificate: ClientCertificateSettings | undefined
  /** Clients that are described by a document elsewhere. */
  readonly clientDocuments: ClientDocuments
  /** Why a sector does not own those addresses; `undefined` when its document lists them all. */
  readonly checkSector: (uri: string, redirectUris: readonly string[]) => Promise<string | undefined>
  readonly log: Logger
  /** The server's own address, without a trailing slash. */
  readonly baseUrl: string
  readonly doors: readonly DoorSettings[]
  readonly limits: Readonly<Record<string, LimitTable>>
  /** What proxies may let through. */
  readonly forwardRoutes: readonly ForwardRoute[]
  /** Types of authorization details, by name. */
  readonly detailTypes: ReadonlyMap<string, DetailType>
  /** Whether the page of a demonstration's app is served. */
  readonly demo: boolean
  /** The change feeds that guards elsewhere are reading. */
  readonly feeds: Set<Readable>
  /** Aborted when the server stops: what would stay open by itself ends. */
  readonly closing: AbortSignal
  now(): number
  /** A guard over this server's own facts, wording refusals as `door` does. */
  guardFor(door: Pick<DoorSettings, 'shape'>, options?: GuardChoices): Guard
}

/** What may differ between the guards of one server. */
export type GuardChoices = Pick<GuardOptions, 'onTwo' | 'resource' | 'dpop'> & {
  /** Where certificates are told; the server's own setting when left out, nowhere when `undefined`. */
  readonly clientCertificate?: GuardOptions['clientCertificate'] | undefined
  /** What stands before the paths of its requests; the server's own address when left out. */
  readonly base?: string
}

/** An audit event of a request. */
export function auditEvent(request: Request, doorId: string): GrantContext['event'] {
  const { ip, requestId } = request
  return (type, more): AuditEvent => ({ ...more, type, doorId, ip, requestId })
}

/** What proving a client may use, at a door that takes secrets unless it says more. */
export function authContext(
  { methods = usualMethods, audiences = [], ...door }: Partial<AuthContext['door']> & { readonly id: string },
  { store, sealer, clientKeys: keys, facts, ...services }: Services,
  certificate?: PresentedCertificate,
): AuthContext {
  const now = services.now()
  return {
    store,
    sealer,
    keys,
    now,
    door: { ...door, methods, audiences },
    certificate,
    secretUsed: (secretId) => facts.secretUsed(secretId, now),
  }
}

/** What a grant needs, for one request at one door. */
export async function grantContext(
  door: Extract<DoorSettings, { kind: 'people' | 'apps' | 'vendors' }>,
  request: Request,
  services: Services,
): Promise<GrantContext> {
  const { store, sealer, baseUrl, signing } = services
  const now = services.now()
  const { id, accessLifetime, accessFormat = 'jwt', refresh } = door
  const resources = door.kind === 'apps' ? knownResources(door, baseUrl) : []
  const grantDoor: GrantDoor = {
    id,
    issuer: issuerOf(door, baseUrl),
    accessLifetime,
    accessFormat,
    refresh,
    resources,
    ...(door.kind !== 'vendors' && { acrValues: door.acrValues }),
    ...(door.kind === 'apps' && {
      signatureAlgorithms: door.signatureAlgorithms,
      trusts: door.trusts,
      vouchesFor: door.vouchesFor,
      subjectTypes: door.subjectTypes,
    }),
  }
  return {
    store,
    sealer,
    sign: async (typ, claims, algorithm) => signing.sign(typ, claims, now, algorithm),
    door: grantDoor,
    now,
    openToken: (token) => openAccessToken(token, services),
    openIdToken: (token) => openJwt('JWT', token, services),
    event: auditEvent(request, id),
  }
}
