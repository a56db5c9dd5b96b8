import { isSignedBy, type VerificationKey } from '@sallyport/guard'
import { isSigningAlgorithm, ProtocolError } from '@sallyport/protocol'
import { importPublicKey, publicJwkOf } from '../crypto/signing-key.ts'
import type { Signer, SignerKey } from '../settings/signing.ts'

/** An external signer that does not do what it should, in words for its operator. */
export class SignerError extends Error {
  override readonly name = 'SignerError'
}

/** An external signer, with an end to its time and nothing believed that it says. */
export interface BoundedSigner {
  /** Its keys, each well-formed; throws `SignerError`. */
  keys(): Promise<readonly SignerKey[]>
  /** The signature over `input`, verified; throws what a door answers with 503. */
  sign(kid: string, key: VerificationKey, input: string): Promise<Buffer>
}

const timeoutMs = 2000
/** Signatures under way at most: a signer that is slow must not gather every request there is. */
const most = 256

/** Ends when the time is up, also where the signer takes no notice of that. */
async function inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error('no answer in time'))
    abort.abort()
  }, timeoutMs)
  try {
    return await Promise.race([ask(abort.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

const unavailable = (detail: string, cause?: unknown) =>
  new ProtocolError('unavailable', 'tokens cannot be issued now', { detail, cause, retryAfter: 5 })

function checkKey(key: SignerKey): SignerKey {
  const { kid, alg, jwk, activeAt } = key
  if (typeof kid !== 'string' || !/^[\w.:/+=-]{1,200}$/.test(kid))
    throw new SignerError('the signer has a key without a kid of 1 to 200 plain characters')
  if (!isSigningAlgorithm(alg)) throw new SignerError(`the signer’s key ${kid} has no algorithm known here`)
  if (!Number.isSafeInteger(activeAt)) throw new SignerError(`the signer’s key ${kid} has no activeAt`)
  try {
    importPublicKey(publicJwkOf(jwk, kid, alg))
  } catch (cause) {
    throw new SignerError(`the signer’s key ${kid} has no public JWK`, { cause })
  }
  return key
}

/** Bounds an external signer. */
export function boundSigner(signer: Signer): BoundedSigner {
  let underWay = 0
  return {
    async keys() {
      const keys = await inTime((signal) => signer.keys(signal)).catch((cause: unknown) => {
        throw new SignerError('the signer does not tell its keys', { cause })
      })
      return keys.map(checkKey)
    },
    async sign(kid, key, input) {
      if (underWay >= most) throw unavailable('the signer is behind')
      underWay += 1
      try {
        const bytes = Buffer.from(input)
        const signature = Buffer.from(
          await inTime((signal) => signer.sign(kid, key.alg, bytes, signal)).catch((cause: unknown) => {
            throw unavailable('the signer did not sign', cause)
          }),
        )
        // A token under a wrong signature would be refused everywhere, and nobody would know why.
        const jws = { header: { alg: key.alg }, payload: {}, signingInput: input, signature }
        if (!isSignedBy(jws, key)) throw unavailable(`the signature by ${kid} is not valid`)
        return signature
      } finally {
        underWay -= 1
      }
    },
  }
}
