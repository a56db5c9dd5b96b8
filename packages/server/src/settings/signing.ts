import type { SigningAlgorithm } from '@sallyport/protocol'

/** A key that an external signer has. */
export interface SignerKey {
  /** What it is published and asked for by; never used again for another key. */
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** The public JWK; other members than those of the key itself are dropped. @see RFC 7517 §4 */
  readonly jwk: Readonly<Record<string, unknown>>
  /** From when it is meant to sign, in seconds; it does not before it has been published for ten minutes. */
  readonly activeAt: number
}

/** Signs where the key is: a key management service, a security module. Every failure is answered with 503, and nothing changed. */
export interface Signer {
  /** The keys there are. Asked at start and each minute: a new one is taken up by itself. */
  keys(signal: AbortSignal): Promise<readonly SignerKey[]>
  /**
   * The signature over `input`, as a JWS has it: for ES256 the 64 bytes of R and S, not DER. It is verified before it is used;
   * it is late after two seconds, when `signal` is aborted.
   * @see RFC 7518 §3.4
   */
  sign(kid: string, alg: SigningAlgorithm, input: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}

/** With what tokens are signed. */
export interface SigningSettings {
  /** `ES256` when left out. Another one is used from ten minutes after a start with it; what was signed before stays good. */
  readonly algorithm?: SigningAlgorithm
  /** Seconds after which a key is replaced by a new one; 90 days when left out, a day at least. */
  readonly rotateAfter?: number
  /** Keeps the keys elsewhere; it decides then what they are and when they are replaced. */
  readonly signer?: Signer
}
