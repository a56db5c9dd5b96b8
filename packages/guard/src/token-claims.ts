import {
  type ActorClaim,
  type Authentication,
  type AuthorizationDetail,
  type CompactJws,
  isDetails,
  isThumbprint,
  parseActor,
  parseScope,
  type Scope,
} from '@sallyport/protocol'

/** The claims the guard reads of any token of ours. @see RFC 7519 §4.1 */
export interface TokenClaims {
  readonly iss: string
  readonly aud: readonly string[]
  readonly sub: string
  readonly iat: number
  readonly exp: number
  readonly nbf: number | undefined
  readonly door: string | undefined
}

/** Claims of an access token. @see RFC 9068 §2.2 */
export interface AccessClaims {
  readonly familyId: string
  readonly clientId: string | undefined
  readonly teamId: string | undefined
  readonly scope: Scope
  /** @see RFC 9396 §9.1 */
  readonly details: readonly AuthorizationDetail[] | undefined
  /** The sign-in behind it. @see RFC 9470 §6.1 */
  readonly authentication: Authentication | undefined
  /** Who acts for the subject. @see RFC 8693 §4.1 */
  readonly act: ActorClaim | undefined
}

/** Claims of a widget token. */
export interface WidgetClaims {
  readonly sessionId: string
  readonly origin: string
  readonly slug: string
}

type Payload = CompactJws['payload']

/** Marks a claim that is there and is not what it should be, apart from one that is absent. */
const wrong = Symbol('wrong')

function optional<T>(value: unknown, is: (value: unknown) => value is T): T | undefined | typeof wrong {
  if (value === undefined) return undefined
  return is(value) ? value : wrong
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

function readAudience(value: unknown): readonly string[] | undefined {
  if (isText(value)) return [value]
  return Array.isArray(value) && value.length > 0 && value.every(isText) ? value : undefined
}

/** The claims, or `undefined` when one is missing or of the wrong type. A token without `exp` is none of ours. */
export function parseTokenClaims({ iss, aud, sub, iat, exp, nbf, door }: Payload): TokenClaims | undefined {
  const audience = readAudience(aud)
  const notBefore = optional(nbf, isMoment)
  const doorId = optional(door, isText)
  if (!isText(iss) || !audience || !isText(sub) || !isMoment(iat) || !isMoment(exp)) return undefined
  if (notBefore === wrong || doorId === wrong) return undefined
  return { iss, aud: audience, sub, iat, exp, nbf: notBefore, door: doorId }
}

/** The claims, or `undefined` when one is missing or of the wrong type. @see RFC 9068 §2.2.3 for `scope` */
export function parseAccessClaims({
  fam,
  client_id,
  team,
  scope,
  act,
  acr,
  auth_time,
  authorization_details,
}: Payload): AccessClaims | undefined {
  const clientId = optional(client_id, isText)
  const teamId = optional(team, isText)
  const actor = parseActor(act)
  const values = scope === undefined || scope === '' ? [] : isText(scope) ? parseScope(scope) : undefined
  const [name, at] = [optional(acr, isText), optional(auth_time, isMoment)]
  const details = optional(authorization_details, isDetails)
  if (!isText(fam) || clientId === wrong || teamId === wrong || !values) return undefined
  // What can't be read was meant to limit the token.
  if (details === wrong || actor === 'malformed' || name === wrong || at === wrong) return undefined
  const authentication =
    typeof at === 'number' ? { at, ...(typeof name === 'string' && { acr: name }) } : undefined
  return { familyId: fam, clientId, teamId, scope: values, details, authentication, act: actor }
}

/** What a token is bound to: a key, a certificate, or both, and then each of them must be proven. */
export interface Confirmation {
  /** @see RFC 9449 §6.1 */
  readonly jkt?: string
  /** @see RFC 8705 §3.1 */
  readonly 'x5t#S256'?: string
}

/**
 * What a token is bound to; `undefined` for a bearer token. A binding by any other means is malformed here: taking such a token
 * would be taking it unbound.
 * @see RFC 7800 §3.1
 */
export function parseConfirmation({ cnf }: Payload): Confirmation | 'malformed' | undefined {
  if (cnf === undefined) return undefined
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return 'malformed'
  const entries = Object.entries(cnf)
  const known = entries.every(
    ([name, value]) =>
      (name === 'jkt' || name === 'x5t#S256') && typeof value === 'string' && isThumbprint(value),
  )
  return known && entries.length > 0 ? Object.fromEntries(entries) : 'malformed'
}

/** The claims, or `undefined` when one is missing or of the wrong type. */
export function parseWidgetClaims({ sid, origin, slug }: Payload): WidgetClaims | undefined {
  if (!isText(sid) || !isText(slug) || typeof origin !== 'string') return undefined
  return { sessionId: sid, origin, slug }
}
