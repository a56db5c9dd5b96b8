import type { Principal, Refusal, RefusalReason } from '@sallyport/protocol'
import type { FactSource, Use } from './facts.ts'
import type { GuardRequest } from './request.ts'
import type { Binding } from './binding.ts'
import type { CertificateHeader } from './certificate.ts'
import type { SignatureCache } from './signature-cache.ts'

/** A credential that was turned down. */
export interface Refused {
  readonly outcome: 'refuse'
  readonly refusal: Refusal
}

/** A credential that is valid now, and the use to note once the request is known to count. */
export interface Accepted {
  readonly outcome: 'principal'
  readonly principal: Principal
  readonly use?: Use
}

/** What verifying one credential came to. */
export type Verified = Accepted | Refused

/** What every verification works with. */
export interface Verification {
  readonly request: GuardRequest
  readonly source: FactSource
  readonly signatures: SignatureCache
  readonly now: number
  /** Left out: no bound token can be checked, so none is taken. */
  readonly binding?: Binding | undefined
  /** The API that is asked, by its identifier; left out: tokens made for one API alone are not taken. */
  readonly resource?: string | undefined
  /** Where a proxy tells the certificates of its clients; left out: the connection is asked. */
  readonly certificate?: CertificateHeader | undefined
}

/** A refusal with its reason; `detail` is for the log only. */
export function refuse(
  reason: RefusalReason,
  detail: string,
  proofError?: NonNullable<Refusal['proofError']>,
): Refused {
  return { outcome: 'refuse', refusal: { reason, detail, ...(proofError && { proofError }) } }
}
