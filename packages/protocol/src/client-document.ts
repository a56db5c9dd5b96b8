import { parseDocumentUrl } from './document-url.ts'
import { logoutMembers, readLogoutMetadata } from './logout-metadata.ts'
import { registrableGrantTypes, type MetadataDecision, readClientMetadata } from './registration-metadata.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * The address of a client's document, or in words why it can't be one: https, with a path, in its plain spelling. A second spelling
 * would be a second client with the same document.
 * @see draft-ietf-oauth-client-id-metadata-document-02 §3
 */
export function parseDocumentId(clientId: string): URL | string {
  const url = parseDocumentUrl(clientId)
  if (typeof url === 'string') return url
  if (url.href !== clientId) return 'not in its plain spelling'
  return url.pathname === '/' ? 'without a path' : url
}

const refuse = (description: string): MetadataDecision => ({
  outcome: 'refuse',
  error: 'invalid_client_metadata',
  description,
})

/** What no door decides: each takes from a document what it has itself. */
const policy = {
  authMethods: ['none', 'private_key_jwt'],
  grantTypes: registrableGrantTypes,
  scopes: [],
  logout: true,
} as const
const texts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Members about logout that would be right by themselves; what was written for other servers is left out. */
function logoutOf(members: Members): Members {
  const redirectUris = texts(members['redirect_uris']).filter((one) => typeof one === 'string')
  const named = logoutMembers.map((name) => [name, members[name]] as const)
  const right = named.filter(
    ([name, value]) => readLogoutMetadata({ [name]: value }, redirectUris).outcome === 'ok',
  )
  return Object.fromEntries(right)
}

/**
 * Decides whether the document at `url` describes a client. One document is for all servers in the world, so what it
 * would like besides, of grant types, scopes and logout, is left out and not refused; what it says of itself is held to the rules of
 * registration. There is no secret in it, since anybody can read it.
 * @see draft-ietf-oauth-client-id-metadata-document-02 §4, §8.2, Model Context Protocol 2026-07-28, Client Registration
 */
export function readClientDocument(url: string, members: Members): MetadataDecision {
  // §4: compared as strings, nothing normalised.
  if (members['client_id'] !== url) return refuse('client_id of the document is not its address')
  if (members['client_name'] === undefined) return refuse('client_name is missing')
  const secret = ['client_secret', 'client_secret_expires_at'].find((name) => name in members)
  if (secret !== undefined) return refuse(`${secret} has no place in a document that anybody can read`)
  // Whoever says where one document is would make the server fetch another.
  if (members['sector_identifier_uri'] !== undefined)
    return refuse('sector_identifier_uri is not for clients that a document describes')
  const grantTypes = texts(members['grant_types'] ?? ['authorization_code']).filter((one) =>
    policy.grantTypes.some((known) => known === one),
  )
  const others = Object.entries(members).filter(([name]) => !logoutMembers.some((one) => one === name))
  const said = {
    ...Object.fromEntries(others),
    ...logoutOf(members),
    grant_types: grantTypes,
    response_types: undefined,
    scope: undefined,
  }
  const { token_endpoint_auth_method: method = 'none' } = members
  return readClientMetadata({ ...said, token_endpoint_auth_method: method }, policy)
}
