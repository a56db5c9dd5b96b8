import { parseKeyBinding } from './dpop.ts'
import { type CompactJws, parseCompactJws } from './jws.ts'
import { parseScope, type Scope } from './scope.ts'

/** The type of an identity assertion grant. @see draft-ietf-oauth-identity-assertion-authz-grant §3 */
export const idJagType = 'oauth-id-jag+jwt'

/** What kind of assertion an issuer is trusted with. */
export type AssertionProfile = 'assertion' | 'id-jag'

/** Somebody else's word that a client may act for a subject: well-formed, and not yet verified. */
export interface GrantAssertion {
  readonly jws: CompactJws
  readonly typ: string | undefined
  readonly issuer: string
  readonly subject: string
  readonly audience: readonly string[]
  readonly expiresAt: number
  readonly issuedAt: number
  readonly notBefore: number | undefined
  readonly jti: string
  readonly clientId: string | undefined
  /** The most that it allows; `undefined`: it says nothing of that. */
  readonly scope: Scope | undefined
  /** The only ones that it is good for; empty: it names none. */
  readonly resources: readonly string[]
  readonly authenticatedAt: number | undefined
  /** An address that the issuer has verified. */
  readonly email: string | undefined
  /** The only key that may present it. @see RFC 7800 §3.1 */
  readonly jkt: string | undefined
}

type Parsed =
  | { readonly outcome: 'assertion'; readonly assertion: GrantAssertion }
  | { readonly outcome: 'refuse'; readonly detail: string }

const clockSkew = 60
/** How long one may live: so long it has to be remembered, and so long one that was stolen unused is good. */
const maxLifetime = 600
const maxText = 255

const refuse = (detail: string) => ({ outcome: 'refuse', detail }) as const

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxText
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

const optional =
  <T>(is: (value: unknown) => value is T) =>
  (value: unknown): value is T | undefined =>
    value === undefined || is(value)
const isOptionalText = optional(isText)
const isOptionalMoment = optional(isMoment)

function readList(value: unknown): readonly string[] | undefined {
  const list: unknown = isText(value) ? [value] : (value ?? [])
  return Array.isArray(list) && list.every(isText) ? list : undefined
}

type Rest = Pick<GrantAssertion, 'clientId' | 'scope' | 'resources' | 'authenticatedAt' | 'email' | 'jkt'>

function readRest(claims: CompactJws['payload']): Rest | string {
  const { client_id: clientId, scope: scopeText, auth_time: authenticatedAt, email } = claims
  // Nobody here was asked about them, and a token without them would have no such limit. RFC 9396 §6
  if (claims['authorization_details'] !== undefined) return 'authorization_details can’t be kept here'
  const resources = readList(claims['resource'])
  if (!isOptionalText(clientId)) return 'client_id malformed'
  if (!isOptionalMoment(authenticatedAt)) return 'auth_time malformed'
  if (!resources) return 'resource malformed'
  const scope = typeof scopeText === 'string' ? (scopeText === '' ? [] : parseScope(scopeText)) : undefined
  if (scopeText !== undefined && !scope) return 'scope malformed'
  const jkt = parseKeyBinding(claims['cnf'])
  if (jkt === 'unknown') return 'cnf is not one we can check'
  const verified = claims['email_verified'] === true && isText(email) ? email : undefined
  return { clientId, scope, resources, authenticatedAt, email: verified, jkt }
}

/** Reads an assertion with every claim that it needs. @see RFC 7523 §3, RFC 7521 §5.2 */
export function parseGrantAssertion(text: string): Parsed {
  const jws = parseCompactJws(text)
  if (!jws) return refuse('no acceptable JWT')
  const { typ } = jws.header
  const { iss, sub, aud, exp, iat, nbf, jti } = jws.payload
  const audience = readList(aud)
  if (!isOptionalText(typ)) return refuse('typ malformed')
  if (!isText(iss) || !isText(sub)) return refuse('iss or sub missing')
  if (!audience || audience.length === 0) return refuse('aud missing')
  if (!isMoment(exp) || !isMoment(iat)) return refuse('exp or iat missing')
  if (!isOptionalMoment(nbf)) return refuse('nbf malformed')
  if (!isText(jti)) return refuse('jti missing or too long')
  const rest = readRest(jws.payload)
  if (typeof rest === 'string') return refuse(rest)
  const times = { expiresAt: exp, issuedAt: iat, notBefore: nbf }
  const assertion = { jws, typ, issuer: iss, subject: sub, audience, jti, ...times, ...rest }
  return { outcome: 'assertion', assertion }
}

/** Who presents an assertion, and to whom. */
export interface AssertionUse {
  readonly profile: AssertionProfile
  /** The issuer of this door. */
  readonly audience: string
  /** What else can be named here as a resource. */
  readonly resources: readonly string[]
  /** The authenticated client. */
  readonly clientId: string
  /** Clients that may present this issuer's assertions; `undefined`: all that have the grant. */
  readonly clients: readonly string[] | undefined
  /** Subjects that it may speak of; `undefined`: all. */
  readonly subjects: readonly string[] | undefined
  /** Thumbprint of the key that the request proved. */
  readonly jkt: string | undefined
}

/** What becomes of an assertion; until its end its `jti` must be remembered. */
export type AssertionGrantDecision =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'refuse'; readonly detail: string }

/** RFC 8725 §3.11: what is typed for one purpose is not taken for another. */
function isTyped({ typ }: GrantAssertion, profile: AssertionProfile): boolean {
  const said = typ?.toLowerCase().replace(/^application\//, '')
  return profile === 'id-jag' ? said === idJagType : said === undefined || said === 'jwt'
}

/**
 * Decides whether an assertion of a trusted issuer is for this server, this client, and in its time. Its signature and whether it
 * came before are for the caller. The audience is this issuer and nobody else: one that is good elsewhere too could be taken
 * there and used here.
 *
 * @see RFC 7523 §3, draft-ietf-oauth-identity-assertion-authz-grant §4.4.1
 */
export function decideGrantAssertion(
  assertion: GrantAssertion,
  use: AssertionUse,
  now: number,
): AssertionGrantDecision {
  const { audience, issuedAt, expiresAt, notBefore, clientId, resources, subject, jkt } = assertion
  if (!isTyped(assertion, use.profile)) return refuse('typ is that of something else')
  if (audience.length !== 1 || audience[0] !== use.audience) return refuse('aud is not this issuer alone')
  if (use.clients && !use.clients.includes(use.clientId)) return refuse('not for this client to present')
  if (use.profile === 'id-jag' && clientId === undefined) return refuse('client_id missing')
  if (clientId !== undefined && clientId !== use.clientId) return refuse('client_id is another client')
  if (use.subjects && !use.subjects.includes(subject)) return refuse('not a subject of this issuer’s')
  if (resources.some((one) => one !== use.audience && !use.resources.includes(one)))
    return refuse('resource is not here')
  if (jkt !== undefined && jkt !== use.jkt) return refuse('bound to a key that was not proven')
  if (expiresAt <= now) return refuse('expired')
  if (issuedAt > now + clockSkew) return refuse('iat is in the future')
  if (notBefore !== undefined && notBefore > now + clockSkew) return refuse('nbf is in the future')
  if (expiresAt - issuedAt > maxLifetime) return refuse('lives too long')
  return { outcome: 'ok' }
}
