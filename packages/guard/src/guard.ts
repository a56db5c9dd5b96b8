import {
  permit,
  type Principal,
  type Refusal,
  renderRefusal,
  type Rule,
  type Shape,
} from '@sallyport/protocol'
import type { FactSource } from './facts.ts'
import { rateHeaders } from './rate-headers.ts'
import { type Credential, recognise } from './recognise.ts'
import { refuse, type Verified, type VerifyContext } from './verified.ts'
import { verifyJwt } from './verify-jwt.ts'
import { verifyApiKey, verifySessionToken } from './verify-secret.ts'

/** A request as a guard reads it. Headers keep their repetitions, names are lower-case. */
export interface GuardRequest {
  header(name: string): readonly string[]
  /** The caller's address, behind trusted proxies only. */
  readonly ip: string
}

/** What a route takes, and the rate limits that count there. */
export interface GuardRule extends Rule {
  readonly limits?: readonly string[]
}

/** The caller, with headers for the answer; or a refusal, ready to send. */
export type GuardCheck =
  | {
      readonly outcome: 'allow'
      readonly principal: Principal
      readonly headers: Readonly<Record<string, string>>
    }
  | {
      readonly outcome: 'refuse'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Readonly<Record<string, unknown>>
      readonly refusal: Refusal
    }

/** How a guard works. */
export interface GuardOptions {
  readonly source: FactSource
  /** Whole seconds since the epoch. */
  readonly now: () => number
  /** How refusals are worded. */
  readonly shape: Shape
  /** What two different credentials in one request mean. */
  readonly onTwo?: 'reject' | 'api-key-wins'
}

/** Decides who is calling and whether they may. */
export interface Guard {
  /** Checks a request against a rule. Never throws: what can't be decided is refused with 503. */
  check(request: GuardRequest, rule: GuardRule): Promise<GuardCheck>
}

async function verifyOne(credential: Credential, context: VerifyContext): Promise<Verified> {
  switch (credential.type) {
    case 'jwt':
      return verifyJwt(credential.token, credential.jws, context)
    case 'api-key':
      return verifyApiKey(credential.secret, context)
    case 'session-token':
      return verifySessionToken(credential.secret, context)
    case 'malformed':
      return refuse('invalid', credential.detail)
  }
}

async function verifyRequest(
  request: GuardRequest,
  { source, now, onTwo = 'reject' }: GuardOptions,
): Promise<Verified> {
  const context = { source, now: now(), ip: request.ip, origin: request.header('origin') }
  const found = recognise(request.header('authorization'), request.header('x-api-key'), source.keyFormats)
  if (found.outcome === 'none') return refuse('missing', 'no credential')
  if (found.outcome === 'one') return verifyOne(found.credential, context)
  // What was presented and is not valid never falls through to the other one.
  const key = await verifyOne(found.key, context)
  if (onTwo === 'api-key-wins' || key.outcome === 'refuse') return key
  const bearer = await verifyOne(found.bearer, context)
  return bearer.outcome === 'refuse' ? bearer : refuse('two-credentials', 'two different credentials')
}

/** Makes a guard over a source of live facts. */
export function createGuard(options: GuardOptions): Guard {
  const { source, now, shape } = options
  function refused(refusal: Refusal, more: Readonly<Record<string, string>> = {}): GuardCheck {
    const { status, headers, body } = renderRefusal(shape, refusal)
    return { outcome: 'refuse', status, headers: { ...headers, ...more }, body, refusal }
  }

  async function decide(request: GuardRequest, rule: GuardRule): Promise<GuardCheck> {
    const verified = await verifyRequest(request, options)
    if (verified.outcome === 'refuse') return refused(verified.refusal)
    const { principal } = verified
    const permitted = permit(principal, rule)
    if (permitted.outcome === 'refuse') return refused(permitted.refusal)
    const spent = rule.limits && (await spend(principal, rule.limits))
    if (!spent) return { outcome: 'allow', principal, headers: {} }
    const headers = rateHeaders(spent)
    if (spent.allowed) return { outcome: 'allow', principal, headers }
    return refused({ reason: 'rate-limited', detail: 'limit used up', retryAfter: spent.retryAfter }, headers)
  }

  async function spend(principal: Principal, limits: readonly string[]) {
    try {
      return await source.spend(principal, limits, now())
    } catch {
      // A counter that is not there must not take the API with it; credential endpoints decide the other way.
      return undefined
    }
  }

  return {
    async check(request, rule) {
      try {
        return await decide(request, rule)
      } catch (error) {
        // Facts that can't be read are no permission.
        return refused({
          reason: 'unavailable',
          detail: error instanceof Error ? error.message : 'facts can’t be read',
        })
      }
    },
  }
}
