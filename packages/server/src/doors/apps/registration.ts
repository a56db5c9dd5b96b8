import {
  authenticationMetadata,
  logoutMetadata,
  type ClientMetadata,
  type MetadataPolicy,
  ProtocolError,
  readClientMetadata,
} from '@sallyport/protocol'
import { heedStatement } from '../../accounts/software-statement.ts'
import { usualMethods } from '../../grants/auth-methods.ts'
import type { AppsDoor } from '../../settings/door.ts'
import type { Client, Registration } from '../../store/contract/index.ts'
import type { AppsContext } from './context.ts'

type Members = Readonly<Record<string, unknown>>

/** What software may say of itself at a door. */
export function metadataPolicy({ clientAuth, grantTypes, scopes, logout }: AppsDoor): MetadataPolicy {
  const authMethods = clientAuth ?? usualMethods
  return { authMethods, grantTypes, scopes: Object.keys(scopes), logout: logout !== undefined }
}

/** The path at which a door registers software. */
export function registerPath({ path }: AppsDoor): string {
  return `${path}/register`
}

/** What software says of itself, with whoever vouches for it; thrown where it can't be registered like that. */
export async function readSoftware(
  members: Members,
  { door, services }: AppsContext,
): Promise<ClientMetadata> {
  const heeded = await heedStatement(members, door.softwareStatements, services.now())
  const decision = readClientMetadata(heeded, metadataPolicy(door))
  if (decision.outcome === 'refuse') throw new ProtocolError(decision.error, decision.description)
  if (decision.metadata.authentication.boundTokens && !door.certificateBoundTokens)
    throw new ProtocolError(
      'invalid_client_metadata',
      'tls_client_certificate_bound_access_tokens is not for clients of this door',
    )
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
    ...registration.about,
  }
}
