import { type CompactJws, isNormalTarget } from '@sallyport/protocol'
import { thumbprintOf } from './certificate.ts'
import type { DoorFacts } from './facts.ts'
import { type DpopNonces, verifyProof } from './dpop.ts'
import type { Credential } from './recognise.ts'
import type { ReplayStore } from './replay.ts'
import type { GuardRequest } from './request.ts'
import { type Refused, refuse, type Verification } from './verified.ts'
import { parseConfirmation } from './token-claims.ts'

/** What a guard checks proofs with. */
export interface Binding {
  /** What stands before the path of a request in the address that its client knows. */
  readonly base: string
  readonly replay: ReplayStore
  readonly nonces?: DpopNonces | undefined
}

/** An access token as it was presented. */
export type PresentedToken = Extract<Credential, { readonly type: 'jwt' | 'opaque-token' }>

/** The requests whose proof was good, with what for: a request may be checked against several rules, its proof is one use. */
const proven = new WeakMap<GuardRequest, string>()

async function checkProof(
  secret: string,
  jkt: string,
  { signatureAlgorithms: algorithms }: Pick<DoorFacts, 'signatureAlgorithms'>,
  { request, now, binding }: Verification,
): Promise<Refused | undefined> {
  // The Host header is whatever the caller wrote: an address made from it would be for the thief of a proof to choose.
  if (!binding)
    return refuse('invalid', 'a bound token, and the guard has no `resource` to check its proof against')
  if (!request.path.startsWith('/')) return refuse('invalid', 'a bound token for a target that is no path')
  // Both addresses are normalised before they are compared; the router behind may not do that.
  if (!isNormalTarget(request.path))
    return refuse('invalid', 'a bound token for a path that is not normalised')
  const url = binding.base + request.path
  const what = `${url} ${jkt}`
  if (proven.get(request) === what) return undefined
  const nonces = binding.nonces?.good(now)
  const expected = { method: request.method, url, accessToken: secret, nonces, algorithms }
  const { replay } = binding
  const verdict = await verifyProof(request.header('dpop'), expected, { replay, now, jkt })
  if (verdict.outcome === 'refuse') return refuse('invalid', `DPoP: ${verdict.detail}`, 'invalid_dpop_proof')
  if (verdict.outcome === 'use-nonce') return refuse('invalid', `DPoP: ${verdict.detail}`, 'use_dpop_nonce')
  if (verdict.jkt !== jkt) return refuse('invalid', 'DPoP: not the key that the token is bound to')
  proven.set(request, what)
  return undefined
}

/** Why a token that is bound to a certificate may not be used; `undefined` when it came with that one. @see RFC 8705 §3 */
function checkCertificate(bound: string, { request, certificate }: Verification): Refused | undefined {
  const shown = thumbprintOf(request, certificate)
  if (shown === undefined) return refuse('invalid', 'a token bound to a certificate, and none was shown')
  return shown === bound ? undefined : refuse('invalid', 'not the certificate that the token is bound to')
}

/**
 * Why a token may not be used as it was presented; `undefined` when it may. A bound token is worth nothing without a proof by
 * its key, and not as a bearer; a token that is bound to no key is no DPoP token. One that is bound to a certificate is worth nothing
 * on a connection without it.
 * @see RFC 9449 §7.1, §7.2, RFC 8705 §3
 */
export async function checkBinding(
  { secret, scheme }: PresentedToken,
  payload: CompactJws['payload'],
  door: Pick<DoorFacts, 'signatureAlgorithms'>,
  verification: Verification,
): Promise<Refused | undefined> {
  const confirmation = parseConfirmation(payload)
  if (confirmation === 'malformed') return refuse('invalid', 'cnf is not one we can check')
  const { jkt, 'x5t#S256': x5t } = confirmation ?? {}
  const stolen = x5t === undefined ? undefined : checkCertificate(x5t, verification)
  if (stolen) return stolen
  if (jkt === undefined)
    return scheme === 'dpop' ? refuse('invalid', 'a token that is bound to no key under DPoP') : undefined
  if (scheme !== 'dpop') return refuse('invalid', 'a bound token as a bearer')
  return checkProof(secret, jkt, door, verification)
}
