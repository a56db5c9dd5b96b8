import {
  type Principal,
  permit,
  type Refusal,
  type RenderedRefusal,
  type Rule,
  renderRefusal,
  type Shape,
} from '@sallyport/protocol'
import type { FactSource } from './facts.ts'
import { rateLimitHeaders, waitOf } from './rate-limit-headers.ts'
import type { GuardRequest } from './request.ts'
import { answerMetadata, type MetadataAnswer, openResource, type ResourceSettings } from './resource.ts'
import { SignatureCache } from './signature-cache.ts'
import { type Refused, refuse } from './verified.ts'
import { type OnTwo, verify } from './verify.ts'

/** What a guarded endpoint asks of its caller, and the limits a call counts against. */
export interface GuardRule extends Rule {
  /** Names that the fact source knows. Counted after everything else has passed, so a refused call costs nothing. */
  readonly limits?: readonly string[]
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

async function decide(decision: Decision): Promise<Decided> {
  const { request, rule, options, signatures } = decision
  const { source, onTwo = 'reject' } = options
  const now = options.now()
  const verdict = await verify(request, source, { now, onTwo, signatures })
  if (verdict.outcome === 'refuse') return verdict
  const allowed = permit(verdict.principal, rule)
  if (allowed.outcome === 'refuse') return allowed
  return spend(verdict.principal, decision, now)
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

/** A guard over live facts. It holds nothing but which signatures it has verified. */
export function createGuard(options: GuardOptions): Guard {
  const { shape, realm, source } = options
  const resource = openResource(options.resource)
  const resourceMetadata = options.resourceMetadata ?? resource?.parsed.metadataUrl
  const signatures = new SignatureCache()
  return {
    async check(request, rule) {
      const decided = await decideOrUnavailable({ request, rule, options, signatures })
      if (decided.outcome === 'allow') return decided
      const refusal: Refusal = {
        ...decided.refusal,
        ...(realm !== undefined && { realm }),
        ...(resourceMetadata !== undefined && { resourceMetadata }),
      }
      options.refused?.(refusal, request)
      const { status, headers, body } = renderRefusal(shape, refusal)
      return { outcome: 'refuse', refusal, status, headers: { ...headers, ...decided.headers }, body }
    },
    metadata: (request) => resource && answerMetadata(request, resource, source),
  }
}
