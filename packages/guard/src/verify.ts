import type { Binding } from './binding.ts'
import type { CertificateHeader } from './certificate.ts'
import type { FactSource } from './facts.ts'
import { type Credential, type Malformed, recognise } from './recognise.ts'
import type { GuardRequest } from './request.ts'
import type { SignatureCache } from './signature-cache.ts'
import { type Refused, refuse, type Verification, type Verified } from './verified.ts'
import { verifyApiKey } from './verify-api-key.ts'
import { verifyJwt } from './verify-jwt.ts'
import { verifyOpaqueToken } from './verify-opaque-token.ts'
import { verifySessionToken } from './verify-session-token.ts'

/** What to do with a request that presents an API key and another credential. */
export type OnTwo = 'reject' | 'api-key-wins'

/** How to verify. `now` is seconds since the epoch. */
export interface VerifyOptions {
  readonly now: number
  readonly onTwo: OnTwo
  readonly signatures: SignatureCache
  readonly binding?: Binding | undefined
  /** The API that is asked. */
  readonly resource?: string | undefined
  readonly certificate?: CertificateHeader | undefined
}

/** Who is calling, with the use to note once they are let in; or why nobody may be taken to be calling. */
export type Verdict = Verified

function verifyOne(
  credential: Credential | Malformed,
  verification: Verification,
): Promise<Verified> | Refused {
  switch (credential.type) {
    case 'jwt':
      return verifyJwt(credential, verification)
    case 'api-key':
      return verifyApiKey(credential.secret, verification)
    case 'session-token':
      return verifySessionToken(credential.secret, verification)
    case 'opaque-token':
      return verifyOpaqueToken(credential, verification)
    case 'unknown':
      return refuse('invalid', 'no credential of ours looks like this')
    case 'malformed':
      return refuse('invalid', credential.detail)
  }
}

/**
 * Two credentials: neither is a fallback for the other. Where the key wins it alone decides, even when it is invalid;
 * otherwise an invalid one is refused as such, and two valid ones as ambiguous.
 */
async function verifyTwo(
  a: Credential | Malformed,
  b: Credential | Malformed,
  { verification, onTwo }: { readonly verification: Verification; readonly onTwo: OnTwo },
): Promise<Verified> {
  // Two keys: there is no telling which of them would win.
  if (onTwo === 'api-key-wins' && a.type !== 'api-key') return verifyOne(b, verification)
  // What is malformed costs no look-up, not even of the other one.
  if (a.type === 'malformed') return refuse('invalid', a.detail)
  if (b.type === 'malformed') return refuse('invalid', b.detail)
  const results = await Promise.all([verifyOne(a, verification), verifyOne(b, verification)])
  const refused = results.find((result) => result.outcome === 'refuse')
  return refused ?? refuse('two-credentials', `a ${a.type} in Authorization and a key in X-API-Key`)
}

async function verifyPresented(verification: Verification, onTwo: OnTwo): Promise<Verified> {
  const { request, source } = verification
  const presented = { authorization: request.header('authorization'), apiKey: request.header('x-api-key') }
  const found = recognise(presented, source.keyFormats)
  switch (found.outcome) {
    case 'none':
      return refuse('missing', 'no credential presented')
    case 'malformed':
      return refuse('invalid', found.detail)
    case 'one':
      return verifyOne(found.credential, verification)
    case 'two':
      return verifyTwo(found.a, found.b, { verification, onTwo })
  }
}

/**
 * Says who is calling, whatever they present; what they may do is for `permit` to say. Rejects when the source does:
 * who can't be checked is not let in.
 */
export function verify(
  request: GuardRequest,
  source: FactSource,
  { onTwo, ...options }: VerifyOptions,
): Promise<Verdict> {
  return verifyPresented({ request, source, ...options }, onTwo)
}
