import { type ErrorCode, statusOf } from './errors.ts'
import { formatScope, type Scope } from './scope.ts'
import type { AuthenticationRule } from './step-up.ts'

/** Why a guarded request was refused. */
export type RefusalReason =
  | 'missing'
  | 'invalid'
  | 'expired'
  | 'revoked'
  | 'wrong-door'
  | 'two-credentials'
  | 'mcp-headers'
  | 'tool'
  | 'scope'
  | 'authentication'
  | 'plan'
  | 'kind'
  | 'environment'
  | 'ip'
  | 'origin'
  | 'rate-limited'
  | 'admin'
  | 'unavailable'

/** One refusal, before a door words it. */
export interface Refusal {
  readonly reason: RefusalReason
  /** For the log only. */
  readonly detail: string
  /** The scope values that were missing; of a call to a tool, all that it needs. */
  readonly scopes?: Scope
  /** What the sign-in fell short of. @see RFC 9470 §3 */
  readonly authentication?: AuthenticationRule
  readonly requiredPlan?: string
  readonly currentPlan?: string
  /** Seconds. */
  readonly retryAfter?: number
  readonly realm?: string
  /** Where the protected resource's metadata is. @see RFC 9728 §5.1 */
  readonly resourceMetadata?: string
  /** Bound tokens are taken here, with proofs of these algorithms. @see RFC 9449 §7.1 */
  readonly dpopAlgorithms?: readonly string[]
  /** The credential came under the DPoP scheme, so that scheme's challenge is told the error. */
  readonly scheme?: 'DPoP'
  /** What was wrong with the proof, when the token was not looked at. @see RFC 9449 §7.1, §9 */
  readonly proofError?: 'invalid_dpop_proof' | 'use_dpop_nonce'
}

/** How a door words a refusal: `{detail, code?}`, `{error, error_description}` or `{error, message}`. */
export type Shape = 'detail' | 'oauth' | 'message'

/** A refusal as it goes on the wire. */
export interface RenderedRefusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

type Body = Readonly<Record<string, unknown>>

// The four reasons of `invalid_token` are worded alike: telling them apart would let a thief sort stolen tokens.
const codes: Readonly<Record<RefusalReason, ErrorCode>> = {
  missing: 'not_authenticated',
  invalid: 'invalid_token',
  expired: 'invalid_token',
  revoked: 'invalid_token',
  'wrong-door': 'invalid_token',
  'two-credentials': 'invalid_request',
  'mcp-headers': 'invalid_request',
  tool: 'access_denied',
  scope: 'insufficient_scope',
  authentication: 'insufficient_user_authentication',
  plan: 'access_denied',
  kind: 'access_denied',
  environment: 'access_denied',
  ip: 'access_denied',
  origin: 'origin_not_allowed',
  'rate-limited': 'rate_limited',
  admin: 'access_denied',
  unavailable: 'unavailable',
}

const twoCredentials = 'Send one credential, not two.'
const mcpHeaders =
  'Send MCP-Protocol-Version, Mcp-Method and Mcp-Name, each once, of version 2026-07-28 or later.'
const signInAgain = 'Sign in again, in the way that this needs.'
const later = 'The service is temporarily unavailable.'

function detailBody(refusal: Refusal, wait: number): Body {
  switch (refusal.reason) {
    case 'missing':
      return { detail: 'Authentication credentials were not provided.' }
    case 'invalid':
    case 'expired':
    case 'revoked':
    case 'wrong-door':
      return { detail: 'Given token not valid for any token type', code: 'token_not_valid' }
    case 'authentication':
      return { detail: signInAgain, code: 'insufficient_user_authentication' }
    case 'two-credentials':
      return { detail: twoCredentials, code: 'invalid_request' }
    case 'mcp-headers':
      return { detail: mcpHeaders, code: 'invalid_request' }
    case 'plan':
      return {
        detail: 'Your plan does not include this action.',
        code: 'plan_required',
        ...planMembers(refusal),
      }
    case 'origin':
      return { detail: 'Origin is not allowed.', code: 'origin_not_allowed' }
    case 'rate-limited':
      return { detail: 'Rate limit exceeded.', available_in: wait }
    case 'unavailable':
      return { detail: later, code: 'unavailable' }
    case 'scope':
    case 'tool':
    case 'kind':
    case 'environment':
    case 'ip':
    case 'admin':
      return { detail: 'You do not have permission to perform this action.' }
  }
}

function oauthBody(refusal: Refusal, wait: number): Body {
  switch (refusal.reason) {
    case 'missing':
    case 'invalid':
    case 'expired':
    case 'revoked':
    case 'wrong-door':
      return { error: 'invalid_token', error_description: 'The access token is missing or not valid.' }
    case 'two-credentials':
      return { error: 'invalid_request', error_description: twoCredentials }
    case 'mcp-headers':
      return { error: 'invalid_request', error_description: mcpHeaders }
    case 'scope':
      return {
        error: 'insufficient_scope',
        error_description: 'The access token does not have the scope this needs.',
        scope: formatScope(refusal.scopes ?? []),
      }
    case 'authentication':
      return { error: 'insufficient_user_authentication', error_description: signInAgain }
    case 'plan':
      return {
        error: 'plan_required',
        error_description: 'Your plan does not include this.',
        ...planMembers(refusal),
      }
    case 'rate-limited':
      return { error: 'rate_limited', error_description: `Too many requests. Retry after ${wait} seconds.` }
    case 'unavailable':
      return { error: 'unavailable', error_description: later }
    case 'origin':
      return { error: 'origin_not_allowed', error_description: 'Origin is not allowed.' }
    case 'tool':
    case 'kind':
    case 'environment':
    case 'ip':
    case 'admin':
      return { error: 'access_denied', error_description: 'This credential may not do this.' }
  }
}

function messageBody(refusal: Refusal, status: number, wait: number): Body {
  if (status === 401) return { error: 'unauthorized', message: 'Invalid or missing API key' }
  if (status === 403) return { error: 'forbidden', message: 'Insufficient permissions for this action' }
  if (refusal.reason === 'rate-limited') {
    return {
      error: 'rate_limit_exceeded',
      message: `Too many requests. Please retry after ${wait} seconds.`,
      retry_after: wait,
    }
  }
  if (refusal.reason === 'two-credentials') return { error: 'invalid_request', message: twoCredentials }
  if (refusal.reason === 'mcp-headers') return { error: 'invalid_request', message: mcpHeaders }
  return { error: 'unavailable', message: later }
}

function planMembers(refusal: Refusal): Body {
  return { required_plan: refusal.requiredPlan ?? null, current_plan: refusal.currentPlan ?? null }
}

// A quoted-string of RFC 9110 §5.6.4; anything that could break out of it or out of the header line goes.
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7E]/g, '').replace(/["\\]/g, '\\$&')}"`
}

type Params = readonly (readonly [string, string])[]

/** One scheme's challenge; only the scheme by which the credential came is told what was wrong with it. */
function challengeOf(scheme: 'Bearer' | 'DPoP', params: Params): string {
  const said = params.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')
  return said === '' ? scheme : `${scheme} ${said}`
}

/** What to ask the authorization server for. @see RFC 9470 §3 */
function stepUp({ authentication: { acr = [], maxAge } = {} }: Refusal): [string, string][] {
  return [
    ...(acr.length > 0 ? [['acr_values', acr.join(' ')] satisfies [string, string]] : []),
    ...(maxAge !== undefined ? [['max_age', String(maxAge)] satisfies [string, string]] : []),
  ]
}

function challenge(shape: Shape, refusal: Refusal, code: ErrorCode): string | undefined {
  const status = statusOf(code)
  if (status !== 401 && code !== 'insufficient_scope' && code !== 'invalid_request') return undefined
  const { dpopAlgorithms: algorithms, resourceMetadata } = refusal
  const realm = refusal.realm ?? (shape === 'detail' && status === 401 ? 'api' : undefined)
  const who: Params = realm === undefined ? [] : [['realm', realm]]
  const where: Params = resourceMetadata === undefined ? [] : [['resource_metadata', resourceMetadata]]
  const why: [string, string][] = []
  // RFC 6750 §3.1: a request that lacks any authentication information is told no error.
  if (code !== 'not_authenticated') why.push(['error', refusal.proofError ?? code])
  // RFC 6750 §3: also who has no token yet may be told which scope to ask for.
  if (refusal.scopes?.length && (code === 'insufficient_scope' || code === 'not_authenticated'))
    why.push(['scope', formatScope(refusal.scopes)])
  if (refusal.reason === 'authentication') why.push(...stepUp(refusal))
  if (!algorithms) return challengeOf('Bearer', [...who, ...why, ...where])
  const how: Params = [['algs', algorithms.join(' ')]]
  return refusal.scheme === 'DPoP'
    ? `${challengeOf('DPoP', [...who, ...why, ...how, ...where])}, ${challengeOf('Bearer', who)}`
    : `${challengeOf('Bearer', [...who, ...why, ...where])}, ${challengeOf('DPoP', [...who, ...how])}`
}

function render(
  shape: Shape,
  refusal: Refusal,
  at: { readonly status: number; readonly wait: number },
): Body {
  switch (shape) {
    case 'detail':
      return detailBody(refusal, at.wait)
    case 'oauth':
      return oauthBody(refusal, at.wait)
    case 'message':
      return messageBody(refusal, at.status, at.wait)
  }
}

/** A refusal in the words of a door, with the challenge that belongs to it. @see RFC 6750 §3, RFC 9110 §11.6.1 */
export function renderRefusal(shape: Shape, refusal: Refusal): RenderedRefusal {
  const code = codes[refusal.reason]
  const status = statusOf(code)
  const wait = Math.max(1, Math.ceil(refusal.retryAfter ?? 1))
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' }
  const says = challenge(shape, refusal, code)
  if (says !== undefined) headers['WWW-Authenticate'] = says
  if (refusal.reason === 'rate-limited' || refusal.retryAfter !== undefined)
    headers['Retry-After'] = String(wait)
  return { status, headers, body: render(shape, refusal, { status, wait }) }
}
