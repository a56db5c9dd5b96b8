import type { Principal, Refusal, RefusalReason } from '@sallyport/protocol'
import type { FactSource } from './facts.ts'

/** What a verification needs to know of the request. */
export interface VerifyContext {
  readonly source: FactSource
  readonly now: number
  readonly ip: string
  /** Values of the Origin header. */
  readonly origin: readonly string[]
}

/** Who is calling, or why nobody is. */
export type Verified =
  | { readonly outcome: 'principal'; readonly principal: Principal }
  | { readonly outcome: 'refuse'; readonly refusal: Refusal }

/** A refusal with its reason; `detail` is for the log. */
export function refuse(reason: RefusalReason, detail: string): Verified {
  return { outcome: 'refuse', refusal: { reason, detail } }
}
