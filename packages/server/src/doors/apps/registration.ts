import {
  authenticationMetadata,
  type ClientAuthentication,
  clientRulesMetadata,
  type ClientMetadata,
  isStrictRedirect,
  logoutMetadata,
  type MetadataPolicy,
  ProtocolError,
  readClientMetadata,
  signatureAlgorithms,
} from '@sallyport/protocol'
import { heedStatement } from '../../accounts/software-statement.ts'
import { usualMethods } from '../../grants/auth-methods.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Client, Registration } from '../../store/contract/index.ts'
import { foreignSector, rulesPolicy } from './client-rules.ts'
import type { AppsContext } from './context.ts'

type Members = Readonly<Record<string, unknown>>

/** What software may say of itself at a door. */
export function metadataPolicy({ door, services }: AppsContext): MetadataPolicy {
  const { clientAuth, grantTypes, scopes, logout } = door
  return {
    authMethods: clientAuth ?? usualMethods,
    grantTypes,
    scopes: Object.keys(scopes),
    logout: logout !== undefined,
    rules: rulesPolicy(door, services),
  }
}

/** Why a client can't be one of a door, in words, although its metadata is well-formed. */
export function unfitFor(
  door: AppsDoor,
  {
    redirectUris = [],
    authentication: { signingAlg, boundTokens = false } = {},
  }: {
    readonly redirectUris?: readonly string[] | undefined
    readonly authentication?: Partial<ClientAuthentication> | undefined
  },
): string | undefined {
  const { certificateBoundTokens, requireBoundTokens, dpop = 'off' } = door
  const algorithms: readonly string[] = door.signatureAlgorithms ?? signatureAlgorithms
  const isForeign = signatureAlgorithms.some((one) => one === signingAlg)
  if (boundTokens && !certificateBoundTokens)
    return 'tls_client_certificate_bound_access_tokens is not for clients of this door'
  if (!boundTokens && requireBoundTokens && dpop === 'off')
    return 'tls_client_certificate_bound_access_tokens must be true for clients of this door'
  if (isForeign && !algorithms.includes(signingAlg ?? ''))
    return `token_endpoint_auth_signing_alg must be one of ${algorithms.join(', ')}`
  if (door.strictRedirects && !redirectUris.every(isStrictRedirect))
    return 'redirect_uris must use https, or http on a loopback IP'
  return undefined
}

/** The path at which a door registers software. */
export function registerPath({ path }: AppsDoor): string {
  return `${path}/register`
}

/** What software says of itself, with whoever vouches for it; thrown where it can't be registered like that. */
export async function readSoftware(members: Members, apps: AppsContext): Promise<ClientMetadata> {
  const { door, services } = apps
  const here = { issuer: issuerOf(door, services.baseUrl), now: services.now() }
  const heeded = await heedStatement(members, door, here)
  const decision = readClientMetadata(heeded, metadataPolicy(apps))
  if (decision.outcome === 'refuse') throw new ProtocolError(decision.error, decision.description)
  const unfit = unfitFor(door, decision.metadata)
  if (unfit !== undefined) throw new ProtocolError('invalid_client_metadata', unfit)
  const foreign = await foreignSector(decision.metadata, services)
  if (foreign !== undefined) throw new ProtocolError('invalid_client_metadata', foreign)
  const statement = door.softwareStatements && members['software_statement']
  if (typeof statement !== 'string') return decision.metadata
  // RFC 7591 §3.2.1: a statement that was used is told back as it came.
  return { ...decision.metadata, about: { ...decision.metadata.about, software_statement: statement } }
}

/** What is registered, in the words of the documents; nothing secret is in it. @see RFC 7591 §3.2.1 */
export function registrationBody(client: Client, registration: Registration): Members {
  const { clientId, name, redirectUris, grantTypes, scope, authentication, logout, createdAt } = client
  return {
    client_id: clientId,
    client_id_issued_at: createdAt,
    client_name: name,
    redirect_uris: redirectUris,
    grant_types: grantTypes,
    response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
    scope: scope.join(' '),
    ...(authentication && authenticationMetadata(authentication)),
    ...(logout && logoutMetadata(logout)),
    ...clientRulesMetadata(client),
    ...registration.about,
  }
}
