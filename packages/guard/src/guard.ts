import {
  type AuthenticationRule,
  decideMcp,
  decideStepUp,
  type McpDecision,
  type McpRule,
  normaliseTarget,
  type Principal,
  permit,
  type Refusal,
  type RenderedRefusal,
  type Rule,
  type Scope,
  renderRefusal,
  type Shape,
} from '@sallyport/protocol'
import type { Binding } from './binding.ts'
import type { CertificateHeader } from './certificate.ts'
import type { DpopNonces } from './dpop.ts'
import { type FactSource, proofAlgorithmsOf } from './facts.ts'
import { rateLimitHeaders, waitOf } from './rate-limit-headers.ts'
import type { GuardRequest } from './request.ts'
import { createReplayStore, type ReplayStore } from './replay.ts'
import { answerMetadata, type MetadataAnswer, openResource, type ResourceSettings } from './resource.ts'
import { SignatureCache } from './signature-cache.ts'
import { type Refused, refuse } from './verified.ts'
import { type OnTwo, verify } from './verify.ts'

/** What a guarded endpoint asks of its caller, and the limits a call counts against. */
export interface GuardRule extends Rule {
  /** Names that the fact source knows. Counted after everything else has passed, so a refused call costs nothing. */
  readonly limits?: readonly string[]
  /** The API that is asked, where it is not the guard's own: a token made for it alone is taken. @see RFC 8707 §2 */
  readonly resource?: string
  /** What the sign-in behind the credential must be; else the caller is told to ask for another one. @see RFC 9470 */
  readonly authentication?: AuthenticationRule
  /** What the tools of an MCP server need, decided by the headers of a request without its body. @see McpRule */
  readonly mcp?: McpRule
}

/** How a guard checks tokens that are bound to a key. @see RFC 9449 */
export interface GuardDpop {
  /**
   * What stands before the path of a request in the address that its client knows; the origin of `resource` when left out. Say
   * it where a proxy cuts off a part of the path: `https://api.example.com/billing`.
   */
  readonly base?: string
  /** Remembers used proofs; left out: this guard's memory. */
  readonly replay?: ReplayStore
  /** Asks every proof for a nonce; left out: the proof's own clock has to do. @see RFC 9449 §9 */
  readonly nonces?: DpopNonces
}

/** Settings of a guard. */
export interface GuardOptions {
  readonly source: FactSource
  /** Whole seconds since the epoch. */
  now(): number
  /** How refusals are worded. */
  readonly shape: Shape
  readonly realm?: string
  /** What to do with an API key and another credential in one request; `reject` when left out. */
  readonly onTwo?: OnTwo
  /**
   * The API as its clients know it, such as `https://api.example.com/v1`: the guard then serves its metadata and says in
   * challenges where that is. @see RFC 9728 §2, §5.1
   */
  readonly resource?: string | ResourceSettings
  /** Address of metadata that is served elsewhere, told in challenges instead. @see RFC 9728 §5.1 */
  readonly resourceMetadata?: string
  readonly dpop?: GuardDpop
  /**
   * Where a proxy tells the certificates of its clients, for tokens that are bound to one; left out: the guard's own TLS connection.
   * @see RFC 8705 §3
   */
  readonly clientCertificate?: CertificateHeader
  /** Hears of every refusal, with the detail that the caller is not told. For logs. */
  readonly refused?: (refusal: Refusal, request: GuardRequest) => void
}

/** The answer of a guard. `headers` belong on the reply in both cases. */
export type Check =
  | {
      readonly outcome: 'allow'
      readonly principal: Principal
      readonly headers: Readonly<Record<string, string>>
    }
  | ({ readonly outcome: 'refuse'; readonly refusal: Refusal } & RenderedRefusal)

/** Lets callers in, or words why not. */
export interface Guard {
  /**
   * Decides about one request. Never rejects for what a caller sent; when the source can't answer, the answer is a 503.
   *
   * Also usable before routing: a rule of nothing but `doors` refuses strangers before they learn which paths there are.
   */
  check(request: GuardRequest, rule: GuardRule): Promise<Check>
  /**
   * The answer to a request for the metadata of the guard's resource, which anybody may read; `undefined` for every other
   * request. Each adapter has a mount for it. @see RFC 9728 §3
   */
  metadata(request: Pick<GuardRequest, 'method' | 'path'>): MetadataAnswer | undefined
}

type Headers = Readonly<Record<string, string>>
type Decided =
  | { readonly outcome: 'allow'; readonly principal: Principal; readonly headers: Headers }
  | (Refused & { readonly headers?: Headers })

interface Decision {
  readonly request: GuardRequest
  readonly rule: GuardRule
  readonly options: GuardOptions
  readonly signatures: SignatureCache
  readonly binding: Binding | undefined
  /** Of the guard. */
  readonly resource: string | undefined
}

async function spend(principal: Principal, { rule, options }: Decision, now: number): Promise<Decided> {
  const limits = rule.limits ?? []
  const spent = limits.length === 0 ? undefined : await options.source.spend(principal, limits, now)
  if (!spent) return { outcome: 'allow', principal, headers: {} }
  const headers = rateLimitHeaders(spent, now)
  if (spent.allowed) return { outcome: 'allow', principal, headers }
  const refusal: Refusal = {
    reason: 'rate-limited',
    detail: `limit of ${spent.limit} used up`,
    retryAfter: waitOf(spent),
  }
  return { outcome: 'refuse', refusal, headers }
}

/** A refusal that names every scope that a call needs, so that nobody has to come back for one after the other. */
function withScopes(refused: Refused, scopes: Scope): Refused {
  const { reason } = refused.refusal
  if (scopes.length === 0 || (reason !== 'missing' && reason !== 'scope')) return refused
  return { ...refused, refusal: { ...refused.refusal, scopes } }
}

/** The rule for one request: with what its tool needs, or what is wrong with the headers that should say so. */
function ruleOf({ rule, request }: Decision): GuardRule | Exclude<McpDecision, { outcome: 'needs' }> {
  if (!rule.mcp) return rule
  const needed = decideMcp(request.header, rule.mcp)
  if (needed.outcome !== 'needs') return needed
  return { ...rule, scopes: [...new Set([...(rule.scopes ?? []), ...needed.scopes])].sort() }
}

async function decide(decision: Decision): Promise<Decided> {
  const { request, options, signatures, binding } = decision
  const { source, onTwo = 'reject', clientCertificate: certificate } = options
  // Nothing to wait for is the rule: a promise for it would cost every request a turn.
  const waiting = source.upToDate?.()
  if (waiting) await waiting
  const now = options.now()
  const { resource = decision.resource } = decision.rule
  const how = { now, onTwo, signatures, binding, resource, certificate }
  const verdict = await verify(request, source, how)
  const rule = ruleOf(decision)
  const scopes = decision.rule.mcp && 'doors' in rule ? (rule.scopes ?? []) : []
  if (verdict.outcome === 'refuse') return withScopes(verdict, scopes)
  // After the credential: a stranger learns nothing of which tools there are.
  if ('outcome' in rule) return refuse(rule.outcome === 'malformed' ? 'mcp-headers' : 'tool', rule.detail)
  const allowed = permit(verdict.principal, rule)
  if (allowed.outcome === 'refuse') return withScopes(allowed, scopes)
  // Last of what is asked of the caller: who may not come anyway is not sent to sign in again.
  const stepUp = decideStepUp(verdict.principal, rule.authentication, now)
  if (stepUp) return { outcome: 'refuse', refusal: stepUp }
  const decided = await spend(verdict.principal, decision, now)
  // Whoever was refused has not used anything: no session lives longer for being turned away.
  if (decided.outcome === 'allow' && verdict.use) source.used(verdict.use, now)
  return decided
}

async function decideOrUnavailable(decision: Decision): Promise<Decided> {
  try {
    return await decide(decision)
  } catch (error) {
    // A source that can't answer becomes a refusal: an API whose guard is blind lets nobody in.
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return refuse('unavailable', detail)
  }
}

/** Whether the caller came with the DPoP scheme, so that this scheme's challenge is the one to tell what was wrong. */
function cameByDpop(request: GuardRequest): boolean {
  const [authorization] = request.header('authorization')
  return /^dpop /i.test(authorization ?? '')
}

/** What a refusal says beside its reason, by the guard's settings and the doors of the rule. */
function surroundings({ request, rule, options, binding }: Decision): Partial<Refusal> {
  const { source, realm } = options
  // Said only where some door hands out such tokens: else no caller could do anything with it.
  const doors = source.doors.filter(({ doorId }) => rule.doors.includes(doorId))
  const dpopAlgorithms = binding ? proofAlgorithmsOf(doors) : []
  const bound = dpopAlgorithms.length > 0
  return {
    ...(realm !== undefined && { realm }),
    ...(bound && { dpopAlgorithms }),
    ...(bound && cameByDpop(request) && { scheme: 'DPoP' as const }),
  }
}

/** The nonce for the next proof, for whoever sends proofs. @see RFC 9449 §8.2, §9 */
function nonceHeader({ request, options, binding }: Decision): Headers {
  if (!binding?.nonces || !cameByDpop(request)) return {}
  return { 'DPoP-Nonce': binding.nonces.current(options.now()) }
}

function bindingOf({ dpop = {} }: GuardOptions, origin: string | undefined): Binding | undefined {
  const { base = origin, replay = createReplayStore(), nonces } = dpop
  if (base === undefined) return undefined
  if (normaliseTarget(base) === undefined)
    throw new TypeError('dpop.base must be an address such as https://api.example.com')
  return { base: base.replace(/\/$/, ''), replay, nonces }
}

/** A guard over live facts. It holds nothing but which signatures it has verified and which proofs it has seen. */
export function createGuard(options: GuardOptions): Guard {
  const { shape, source } = options
  const resource = openResource(options.resource, options.clientCertificate !== undefined)
  const resourceMetadata = options.resourceMetadata ?? resource?.parsed.metadataUrl
  const signatures = new SignatureCache()
  const binding = bindingOf(options, resource?.parsed.origin)
  return {
    async check(request, rule) {
      const decision = {
        request,
        rule,
        options,
        signatures,
        binding,
        resource: resource?.parsed.identifier,
      }
      const decided = await decideOrUnavailable(decision)
      const nonce = nonceHeader(decision)
      if (decided.outcome === 'allow') return { ...decided, headers: { ...decided.headers, ...nonce } }
      const refusal: Refusal = {
        ...decided.refusal,
        ...surroundings(decision),
        ...(resourceMetadata !== undefined && { resourceMetadata }),
      }
      options.refused?.(refusal, request)
      const { status, headers, body } = renderRefusal(shape, refusal)
      return {
        outcome: 'refuse',
        refusal,
        status,
        headers: { ...headers, ...decided.headers, ...nonce },
        body,
      }
    },
    metadata: (request) => resource && answerMetadata(request, resource, source),
  }
}
