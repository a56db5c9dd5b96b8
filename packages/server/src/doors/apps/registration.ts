import {
  authenticationMetadata,
  clientRulesMetadata,
  type ClientMetadata,
  type MetadataPolicy,
  ProtocolError,
  readClientMetadata,
} from '@sallyport/protocol'
import { heedStatement } from '../../accounts/software-statement.ts'
import { usualMethods } from '../../grants/auth-methods.ts'
import type { AppsDoor } from '../../settings/door.ts'
import type { Client, Registration } from '../../store/contract/index.ts'
import { foreignSector, rulesPolicy } from './client-rules.ts'
import type { AppsContext } from './context.ts'

type Members = Readonly<Record<string, unknown>>

/** What software may say of itself at a door. */
function metadataPolicy({ door, services }: AppsContext): MetadataPolicy {
  const { clientAuth, grantTypes, scopes } = door
  return {
    authMethods: clientAuth ?? usualMethods,
    grantTypes,
    scopes: Object.keys(scopes),
    rules: rulesPolicy(door, services),
  }
}

/** The path at which a door registers software. */
export function registerPath({ path }: AppsDoor): string {
  return `${path}/register`
}

/** What software says of itself, with whoever vouches for it; thrown where it can't be registered like that. */
export async function readSoftware(members: Members, apps: AppsContext): Promise<ClientMetadata> {
  const { door, services } = apps
  const heeded = await heedStatement(members, door.softwareStatements, services.now())
  const decision = readClientMetadata(heeded, metadataPolicy(apps))
  if (decision.outcome === 'refuse') throw new ProtocolError(decision.error, decision.description)
  if (decision.metadata.authentication.boundTokens && !door.certificateBoundTokens)
    throw new ProtocolError(
      'invalid_client_metadata',
      'tls_client_certificate_bound_access_tokens is not for clients of this door',
    )
  const foreign = await foreignSector(decision.metadata, services)
  if (foreign !== undefined) throw new ProtocolError('invalid_client_metadata', foreign)
  const statement = door.softwareStatements && members['software_statement']
  if (typeof statement !== 'string') return decision.metadata
  // RFC 7591 §3.2.1: a statement that was used is told back as it came.
  return { ...decision.metadata, about: { ...decision.metadata.about, software_statement: statement } }
}

/** What is registered, in the words of the documents; nothing secret is in it. @see RFC 7591 §3.2.1 */
export function registrationBody(client: Client, registration: Registration): Members {
  const { clientId, name, redirectUris, grantTypes, scope, authentication, createdAt } = client
  return {
    client_id: clientId,
    client_id_issued_at: createdAt,
    client_name: name,
    redirect_uris: redirectUris,
    grant_types: grantTypes,
    response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
    scope: scope.join(' '),
    ...(authentication && authenticationMetadata(authentication)),
    ...clientRulesMetadata(client),
    ...registration.about,
  }
}
