import type { ClientAuthMethod } from './client-authentication.ts'
import { type ClientAuthentication, readAuthenticationMetadata } from './client-metadata.ts'
import { type ClientLogout, readLogoutMetadata } from './logout-metadata.ts'
import { type ClientRules, type ClientRulesPolicy, readClientRules, unmetRule } from './client-rules.ts'
import { checkRedirectUri } from './redirect-uri.ts'
import { parseScope, type Scope } from './scope.ts'

/** What a door lets software say of itself. */
export interface MetadataPolicy {
  /** Ways to prove a client that the door has. */
  readonly authMethods: readonly ClientAuthMethod[]
  /** Grant types that software may register for by itself. */
  readonly grantTypes: readonly string[]
  /** Scopes that it may ever ask for. */
  readonly scopes: Scope
  /** Whether it takes part in logout; what software says of that is passed over when left out. */
  readonly logout?: boolean
  /** What it can do for a client alone; left out where that is for each door to say. */
  readonly rules?: ClientRulesPolicy
}

/** Metadata of a client, read and made whole. */
export interface ClientMetadata {
  readonly name: string | undefined
  readonly redirectUris: readonly string[]
  readonly authentication: ClientAuthentication & { readonly method: ClientAuthMethod }
  readonly grantTypes: readonly string[]
  readonly responseTypes: readonly string[]
  readonly scope: Scope
  /** How it takes part in logout; left out where nothing was said. */
  readonly logout?: ClientLogout
  readonly rules: ClientRules
  /** What only people read, under the names of the wire. */
  readonly about: Readonly<Record<string, string | readonly string[]>>
}

/** The errors of a registration. @see RFC 7591 §3.2.2 */
export type MetadataError = 'invalid_redirect_uri' | 'invalid_client_metadata'

/** Metadata that may be registered, or why not; the description names the member. */
export type MetadataDecision =
  | { readonly outcome: 'ok'; readonly metadata: ClientMetadata }
  | { readonly outcome: 'refuse'; readonly error: MetadataError; readonly description: string }

type Members = Readonly<Record<string, unknown>>

/** Unwinds the reading of one record; never leaves this file. */
class Refused extends Error {
  readonly error: MetadataError
  constructor(description: string, error: MetadataError = 'invalid_client_metadata') {
    super(description)
    this.error = error
  }
}

const maxText = 200
const maxUrl = 2000
const maxList = 10
/**
 * Grants that software may register for by itself: those whose page tells a person where the app comes from. No machine gets in by
 * having said that it exists, and no device by a code that somebody was talked into typing.
 */
export const registrableGrantTypes: readonly string[] = ['authorization_code', 'refresh_token']
const pageMembers = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']
// Controls, and the marks that turn the direction of what follows: a name must not rewrite the sentence around it.
const unseen = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029]/u

function readText(members: Members, name: string, most = maxText): string | undefined {
  const value = members[name]
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.trim() !== '' && value.length <= most && !unseen.test(value))
    return value
  throw new Refused(`${name} must be plain text of 1 to ${most} characters`)
}

function readTexts(members: Members, name: string): readonly string[] | undefined {
  const value = members[name]
  if (value === undefined) return undefined
  const fits = Array.isArray(value) && value.length <= maxList
  if (fits && value.every((one) => typeof one === 'string' && one !== '' && one.length <= maxUrl))
    return [...new Set<string>(value)]
  throw new Refused(`${name} must be a list of at most ${maxList} texts`)
}

/** An address that a person may be shown. Never fetched, and a link of ours leads only to https. */
function readPage(members: Members, name: string): string | undefined {
  const value = readText(members, name, maxUrl)
  if (value === undefined) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return value
  throw new Refused(`${name} must be an https address`)
}

function readRedirectUris(members: Members, needed: boolean): readonly string[] {
  const uris = readTexts(members, 'redirect_uris') ?? []
  if (needed && uris.length === 0) throw new Refused('redirect_uris is missing', 'invalid_redirect_uri')
  for (const uri of uris) {
    const reason = checkRedirectUri(uri)
    if (reason !== undefined)
      throw new Refused(`redirect_uris: ${uri.slice(0, maxText)}: ${reason}`, 'invalid_redirect_uri')
  }
  return uris
}

function readGrantTypes(members: Members, { grantTypes: known }: MetadataPolicy): readonly string[] {
  const grantTypes = readTexts(members, 'grant_types') ?? ['authorization_code']
  const may = known.filter((one) => registrableGrantTypes.includes(one))
  const wrong = grantTypes.find((one) => !may.includes(one))
  if (wrong !== undefined) throw new Refused(`grant_types must be some of: ${may.join(', ')}`)
  if (!grantTypes.some((one) => one !== 'refresh_token'))
    throw new Refused('grant_types has nothing that a token could come of')
  return grantTypes
}

/** @see RFC 7591 §2.1: the grant type of codes and the response type of codes belong together */
function readResponseTypes(members: Members, grantTypes: readonly string[]): readonly string[] {
  const byCode = grantTypes.includes('authorization_code')
  const wanted = byCode ? ['code'] : []
  const asked = readTexts(members, 'response_types') ?? wanted
  if (asked.length === wanted.length && asked.every((one) => wanted.includes(one))) return wanted
  throw new Refused(`response_types must be ${JSON.stringify(wanted)} for these grant_types`)
}

function readScope(members: Members, { scopes }: MetadataPolicy): Scope {
  const text = readText(members, 'scope', maxUrl)
  if (text === undefined) return [...scopes].sort()
  const scope = parseScope(text)
  if (scope?.every((one) => scopes.includes(one))) return scope
  throw new Refused(`scope must be made of: ${scopes.join(' ')}`)
}

/** How it is to prove itself; by HTTP Basic where it does not say. @see RFC 7591 §2 */
function readAuthentication(
  members: Members,
  { authMethods }: MetadataPolicy,
): ClientMetadata['authentication'] {
  const asked = readText(members, 'token_endpoint_auth_method') ?? 'client_secret_basic'
  const method = authMethods.find((one) => one === asked)
  if (method === undefined)
    throw new Refused(`token_endpoint_auth_method must be one of: ${authMethods.join(', ')}`)
  const said = { ...members, token_endpoint_auth_method: method }
  const decision = readAuthenticationMetadata(said, method === 'none' ? 'public' : 'confidential')
  if (decision.outcome === 'refuse') throw new Refused(`${decision.member} ${decision.reason}`)
  const { signingAlg, jwks, jwksUri, tlsSubject, boundTokens = false } = decision.authentication ?? {}
  return { method, signingAlg, jwks, jwksUri, tlsSubject, boundTokens }
}

function readLogout(
  members: Members,
  redirectUris: readonly string[],
  { logout = false }: MetadataPolicy,
): ClientLogout | undefined {
  if (!logout) return undefined
  const decision = readLogoutMetadata(members, redirectUris)
  if (decision.outcome === 'ok') return decision.logout
  throw new Refused(`${decision.member} ${decision.reason}`)
}

function readRules(
  members: Members,
  redirectUris: readonly string[],
  { rules: policy }: MetadataPolicy,
): ClientRules {
  const read = readClientRules(members)
  if (read.outcome === 'refuse') throw new Refused(`${read.member} ${read.reason}`)
  const unmet = policy && unmetRule(read.rules, redirectUris, policy)
  if (unmet !== undefined) throw new Refused(unmet)
  return read.rules
}

function readAbout(members: Members): ClientMetadata['about'] {
  const pages = pageMembers.map((name) => [name, readPage(members, name)] as const)
  const texts = ['software_id', 'software_version'].map((name) => [name, readText(members, name)] as const)
  const contacts = readTexts(members, 'contacts')
  if (contacts?.some((one) => one.length > maxText || unseen.test(one)))
    throw new Refused(`contacts must be texts of at most ${maxText} characters`)
  const all = [...pages, ...texts, ['contacts', contacts] as const]
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function readAll(members: Members, policy: MetadataPolicy): ClientMetadata {
  const grantTypes = readGrantTypes(members, policy)
  const responseTypes = readResponseTypes(members, grantTypes)
  const redirectUris = readRedirectUris(members, grantTypes.includes('authorization_code'))
  const logout = readLogout(members, redirectUris, policy)
  return {
    name: readText(members, 'client_name')?.trim(),
    redirectUris,
    authentication: readAuthentication(members, policy),
    grantTypes,
    responseTypes,
    scope: readScope(members, policy),
    ...(logout && { logout }),
    rules: readRules(members, redirectUris, policy),
    about: readAbout(members),
  }
}

/**
 * Decides whether software may be registered as it describes itself. What is wrong is refused and never replaced, so that a
 * client is what its maker wrote; members that this server does not know are passed over.
 * @see RFC 7591 §2, §2.1, §3.2.2
 */
export function readClientMetadata(members: Members, policy: MetadataPolicy): MetadataDecision {
  try {
    // RFC 7592 §2.2: null is as if it were left out.
    const said = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
    return { outcome: 'ok', metadata: readAll(said, policy) }
  } catch (refused) {
    // The readers unwind with Refused; anything else is a bug and goes on.
    if (!(refused instanceof Refused)) throw refused
    return { outcome: 'refuse', error: refused.error, description: refused.message }
  }
}

/**
 * Members of the answer that a request to change a registration may not send, and `client_id`, which it must.
 * @see RFC 7592 §2.2
 */
export function checkUpdateMembers(members: Members, clientId: string): string | undefined {
  if (members['client_id'] !== clientId) return 'client_id must be the one that is changed'
  const fixed = [
    'registration_access_token',
    'registration_client_uri',
    'client_secret_expires_at',
    'client_id_issued_at',
  ]
  const sent = fixed.find((name) => name in members)
  return sent === undefined ? undefined : `${sent} may not be sent`
}
