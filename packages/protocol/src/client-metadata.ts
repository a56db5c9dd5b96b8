import { type ClientAuthMethod, clientAuthMethods } from './client-authentication.ts'
import { normaliseDn } from './distinguished-name.ts'
import { parseDocumentUrl } from './document-url.ts'
import { parseIpList } from './ip.ts'
import { type Jwk, readJwks, signatureAlgorithms } from './jwk.ts'

/** What the certificate of a client must say; the names are those of the metadata after `tls_client_auth_`. @see RFC 8705 §2.1.2 */
export interface TlsSubject {
  readonly kind: 'subject_dn' | 'san_dns' | 'san_uri' | 'san_ip' | 'san_email'
  readonly value: string
}

/** How a client proves itself, as registered. @see RFC 7591 §2, RFC 8705 §2.1.2, §2.2.2, §3.4 */
export interface ClientAuthentication {
  /** `token_endpoint_auth_method`; `undefined` for a secret by HTTP Basic or in the body, as the client likes. */
  readonly method: ClientAuthMethod | undefined
  /** `token_endpoint_auth_signing_alg`: the only algorithm of its assertions. */
  readonly signingAlg: string | undefined
  /** Public keys, or none; never together with `jwksUri`. */
  readonly jwks: readonly Jwk[] | undefined
  readonly jwksUri: string | undefined
  readonly tlsSubject: TlsSubject | undefined
  /** `tls_client_certificate_bound_access_tokens` */
  readonly boundTokens: boolean
}

/** What was read, or which member is wrong and why. `authentication` is `undefined` when the metadata says nothing about it. */
export type AuthenticationMetadata =
  | { readonly outcome: 'ok'; readonly authentication: ClientAuthentication | undefined }
  | { readonly outcome: 'refuse'; readonly member: string; readonly reason: string }

type Members = Readonly<Record<string, unknown>>
const refuse = (member: string, reason: string) => ({ outcome: 'refuse', member, reason }) as const
type Refused = ReturnType<typeof refuse>

const kinds = ['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email'] as const
const hostName =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i
const wellFormed: Readonly<Record<TlsSubject['kind'], (value: string) => boolean>> = {
  subject_dn: (value) => normaliseDn(value) !== undefined,
  san_dns: (value) => hostName.test(value),
  san_uri: (value) => /^[\x21-\x7E]+$/.test(value) && URL.canParse(value),
  san_ip: (value) => !value.includes('/') && parseIpList([value]).outcome === 'ok',
  san_email: (value) => /^[\x21-\x7E]+@[\x21-\x7E]+$/.test(value),
}

const algorithmsOf: Readonly<Partial<Record<ClientAuthMethod, readonly string[]>>> = {
  private_key_jwt: signatureAlgorithms,
  client_secret_jwt: ['HS256'],
}
const withKeys: readonly (ClientAuthMethod | undefined)[] = ['private_key_jwt', 'self_signed_tls_client_auth']

function readMethod(members: Members, isPublic: boolean): ClientAuthMethod | undefined | Refused {
  const member = 'token_endpoint_auth_method'
  const value = members[member]
  if (value === undefined) return undefined
  const method = clientAuthMethods.find((one) => one === value)
  if (!method) return refuse(member, `must be one of ${clientAuthMethods.join(', ')}`)
  if (isPublic !== (method === 'none'))
    return refuse(member, 'must be none for public clients, and only for them')
  return method
}

function readKeys(
  members: Members,
  method: ClientAuthMethod | undefined,
): Pick<ClientAuthentication, 'jwks' | 'jwksUri'> | Refused {
  const { jwks, jwks_uri: jwksUri } = members
  if (jwks !== undefined && jwksUri !== undefined)
    return refuse('jwks', 'must not come together with jwks_uri')
  if (withKeys.includes(method) && jwks === undefined && jwksUri === undefined)
    return refuse('jwks', `or jwks_uri is needed for ${method}`)
  if (jwksUri !== undefined) {
    const url = typeof jwksUri === 'string' ? parseDocumentUrl(jwksUri) : 'not text'
    return typeof url === 'string' ? refuse('jwks_uri', url) : { jwks: undefined, jwksUri: url.href }
  }
  if (jwks === undefined) return { jwks: undefined, jwksUri: undefined }
  const read = readJwks(jwks)
  if (read.outcome === 'refuse') return refuse('jwks', read.reason)
  const certified = read.keys.some((key) => key['x5c'] !== undefined || key['x5t#S256'] !== undefined)
  if (method === 'self_signed_tls_client_auth' && !certified)
    return refuse('jwks', 'must have the certificate of a key, in x5c or as x5t#S256')
  return { jwks: read.keys, jwksUri: undefined }
}

function readSubject(
  members: Members,
  method: ClientAuthMethod | undefined,
): TlsSubject | undefined | Refused {
  const named = kinds.filter((kind) => members[`tls_client_auth_${kind}`] !== undefined)
  const [kind, second] = named
  if (method !== 'tls_client_auth')
    return kind && refuse(`tls_client_auth_${kind}`, 'is for token_endpoint_auth_method tls_client_auth')
  // RFC 8705 §2.1.2: exactly one of them.
  if (!kind || second)
    return refuse('tls_client_auth_subject_dn', 'or one other tls_client_auth_ name is needed, and no second')
  const member = `tls_client_auth_${kind}`
  const value = members[member]
  if (typeof value !== 'string' || !wellFormed[kind](value)) return refuse(member, 'is not well-formed')
  return { kind, value }
}

function readAlgorithm(members: Members, method: ClientAuthMethod | undefined): string | undefined | Refused {
  const member = 'token_endpoint_auth_signing_alg'
  const value = members[member]
  if (value === undefined) return undefined
  const known = (method && algorithmsOf[method]) ?? []
  const found = known.find((one) => one === value)
  return (
    found ??
    refuse(member, known.length === 0 ? 'is for methods that sign' : `must be one of ${known.join(', ')}`)
  )
}

const isRefused = (value: unknown): value is Refused =>
  typeof value === 'object' && value !== null && 'outcome' in value

/** The members of client metadata that say how a client proves itself. */
export const authenticationMembers: readonly string[] = [
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  ...kinds.map((kind) => `tls_client_auth_${kind}`),
  'tls_client_certificate_bound_access_tokens',
]

/**
 * Reads from client metadata how a client is to prove itself: one method with all that it needs and nothing of another. Whether the
 * door takes the method is for the caller.
 * @see RFC 7591 §2, OpenID Connect Registration §2, RFC 8705 §2.1.2, §2.2.2, §3.4
 */
export function readAuthenticationMetadata(
  members: Members,
  type: 'confidential' | 'public',
): AuthenticationMetadata {
  if (authenticationMembers.every((name) => members[name] === undefined))
    return { outcome: 'ok', authentication: undefined }
  const method = readMethod(members, type === 'public')
  if (isRefused(method)) return method
  const signingAlg = readAlgorithm(members, method)
  if (isRefused(signingAlg)) return signingAlg
  const keys = readKeys(members, method)
  if (isRefused(keys)) return keys
  const tlsSubject = readSubject(members, method)
  if (isRefused(tlsSubject)) return tlsSubject
  const boundTokens = members['tls_client_certificate_bound_access_tokens'] ?? false
  if (typeof boundTokens !== 'boolean')
    return refuse('tls_client_certificate_bound_access_tokens', 'must be true or false')
  return { outcome: 'ok', authentication: { method, signingAlg, ...keys, tlsSubject, boundTokens } }
}

/** What was registered, in the words of client metadata; members that were not are left out. @see RFC 7591 §3.2.1 */
export function authenticationMetadata({
  method,
  signingAlg,
  jwks,
  jwksUri,
  tlsSubject,
  boundTokens,
}: ClientAuthentication): Members {
  return {
    ...(method !== undefined && { token_endpoint_auth_method: method }),
    ...(signingAlg !== undefined && { token_endpoint_auth_signing_alg: signingAlg }),
    ...(jwks && { jwks: { keys: jwks } }),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    ...(tlsSubject && { [`tls_client_auth_${tlsSubject.kind}`]: tlsSubject.value }),
    ...(boundTokens && { tls_client_certificate_bound_access_tokens: true }),
  }
}
