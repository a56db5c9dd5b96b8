import { pkceMatches } from './pkce.ts'

/** An authorization code as it was before this exchange took it. */
export interface AuthorizationCode {
  readonly doorId: string
  readonly clientId: string
  /** Where the code was sent. */
  readonly redirectUri: string
  /** The redirect URI that the authorization request named; `undefined` when it named none. */
  readonly askedRedirectUri: string | undefined
  readonly codeChallenge: string | undefined
  /** Thumbprint of the only key that may exchange it. @see RFC 9449 §10 */
  readonly dpopJkt: string | undefined
  readonly expiresAt: number
  /** Whether an earlier exchange took it, successful or not. */
  readonly usedBefore: boolean
  /** When its family ended. */
  readonly endedAt: number | undefined
}

/** The exchange of a code; its client is already authenticated. */
export interface CodeExchange {
  readonly doorId: string
  readonly clientId: string
  readonly redirectUri: string | undefined
  readonly codeVerifier: string | undefined
  /** Thumbprint of the key that a proof came with. */
  readonly jkt: string | undefined
}

/** What to do with a presented code. */
export type CodeDecision =
  | { readonly outcome: 'exchange' }
  | { readonly outcome: 'refuse'; readonly detail: string }
  | { readonly outcome: 'end-family'; readonly detail: string }

function refuse(detail: string): CodeDecision {
  return { outcome: 'refuse', detail }
}

function redirectUriRepeated(code: AuthorizationCode, presented: string | undefined): boolean {
  if (code.askedRedirectUri !== undefined) return presented === code.askedRedirectUri
  return presented === undefined || presented === code.redirectUri
}

/**
 * Decides what a presented authorization code is worth.
 *
 * Door and client come before reuse, so that nobody ends a family that is not theirs. Reuse comes before expiry: a
 * late replay still proves that the code leaked.
 *
 * @see RFC 6749 §4.1.2, §4.1.3, RFC 7636 §4.6, RFC 9700 §2.1.1, RFC 9449 §10
 */
export function decideCode(
  code: AuthorizationCode | undefined,
  exchange: CodeExchange,
  now: number,
): CodeDecision {
  if (!code) return refuse('unknown code')
  if (code.doorId !== exchange.doorId) return refuse('issued at another door')
  if (code.clientId !== exchange.clientId) return refuse('issued to another client')
  if (code.usedBefore) return { outcome: 'end-family', detail: 'code used twice' }
  if (code.endedAt !== undefined) return refuse('family ended')
  if (code.expiresAt <= now) return refuse('expired')
  if (!redirectUriRepeated(code, exchange.redirectUri)) return refuse('redirect_uri differs')
  if (code.dpopJkt !== undefined && code.dpopJkt !== exchange.jkt) return refuse('bound to another key')
  if (code.codeChallenge === undefined) {
    // RFC 9700 §4.8.2: a verifier without a challenge means that someone stripped the challenge.
    return exchange.codeVerifier === undefined
      ? { outcome: 'exchange' }
      : refuse('code_verifier without code_challenge')
  }
  if (exchange.codeVerifier === undefined) return refuse('code_verifier missing')
  return pkceMatches(exchange.codeVerifier, code.codeChallenge)
    ? { outcome: 'exchange' }
    : refuse('code_verifier differs')
}
