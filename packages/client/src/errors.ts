const sentences = {
  sign_in_required: 'there are no tokens: somebody has to sign in first',
  invalid_grant: 'what was granted is worth nothing any more: start over',
  invalid_client: 'the server does not accept the client id, secret or key',
  refused: 'the server refused the request',
  rate_limited: 'too many requests: wait as long as retryAfter says',
  unavailable: 'the server can not answer now',
  unreachable: 'no answer came from the server',
  malformed_answer: 'the answer is not one of this door',
  redirected: 'the server answered with a redirect, which is never followed: check the address',
  storage_failed: 'the tokens could not be read from or written to the storage',
  authorization_refused: 'the sign-in came back without a code',
  state_mismatch: 'the sign-in that came back is not the one that was begun',
  issuer_mismatch: 'the answer is from another server than was asked',
  id_token_refused: 'the ID token is not for this client and this sign-in',
} as const

/** Why a call of this package failed. A closed list: a `switch` over it can be complete. */
export type TokenErrorCode = keyof typeof sentences

/** Every code. */
export const tokenErrorCodes = Object.keys(sentences) as readonly TokenErrorCode[]

/** What is known about a failure besides its code. */
export interface TokenErrorDetails {
  readonly status?: number | undefined
  readonly reason?: string | undefined
  readonly retryAfter?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

const temporaryCodes: ReadonlySet<TokenErrorCode> = new Set([
  'rate_limited',
  'unavailable',
  'unreachable',
  'storage_failed',
])

/**
 * The one error this package throws for what can happen at run time; a misused option throws `TypeError`.
 *
 * It never holds a token, a secret, a code or a key: its words are this package's own, and of the server's answer it
 * keeps only members whose shape allows no secret.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** The server's own word, such as `unauthorized_client`. @see RFC 6749 §5.2 */
  readonly reason: string | undefined
  /** Seconds to wait before another try is worth it, where the server said so. */
  readonly retryAfter: number | undefined
  /** What the server's log calls the request. */
  readonly requestId: string | undefined

  constructor(code: TokenErrorCode, details: TokenErrorDetails = {}) {
    const { status, reason, retryAfter, requestId, cause } = details
    const facts = [
      ...(status === undefined ? [] : [`HTTP ${status}`]),
      ...(reason === undefined ? [] : [reason]),
    ]
    super(
      facts.length === 0 ? sentences[code] : `${sentences[code]} (${facts.join(', ')})`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.status = status
    this.reason = reason
    this.retryAfter = retryAfter
    this.requestId = requestId
  }

  /** Whether the same call may work later, with nothing changed. */
  get temporary(): boolean {
    return temporaryCodes.has(this.code)
  }
}
