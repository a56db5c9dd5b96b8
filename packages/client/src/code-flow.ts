import type { AppDoor } from './apps.ts'
import { ask, surroundingsOf, type SurroundingsOptions } from './ask.ts'
import { TokenError } from './errors.ts'
import { type IdTokenClaims, readIdToken } from './id-token.ts'
import type { TokenSet } from './token-set.ts'

/** What an app asks of a person. */
export interface CodeFlowOptions {
  /** One of those registered, as it was registered. */
  readonly redirectUri: string
  /** Space-separated; left out: everything that the client may have. */
  readonly scope?: string
  /** Other parameters, such as `team` or `prompt`. */
  readonly more?: Readonly<Record<string, string>>
}

/**
 * A sign-in that was begun. It is what proves that the answer belongs to this very browser: keep it where only that
 * browser's session gets at it, and use it once. Plain data.
 */
export interface PendingSignIn {
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  readonly redirectUri: string
  readonly issuer: string
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

const draw = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

/** The S256 challenge of a verifier. @see RFC 7636 §4.2 */
export async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

/**
 * Begins a code flow: the address to send the browser to, and what to keep until it comes back.
 * @see RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9700 §2.1.1
 */
export async function beginCodeFlow(
  { endpoints, clientId }: AppDoor,
  { redirectUri, scope, more = {} }: CodeFlowOptions,
): Promise<{ readonly url: string; readonly pending: PendingSignIn }> {
  const pending = { state: draw(), verifier: draw(), nonce: draw(), redirectUri, issuer: endpoints.issuer }
  const url = new URL(endpoints.authorize)
  const params = {
    ...more,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(scope !== undefined && { scope }),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
  return { url: url.href, pending }
}

/**
 * The code of an authorization response. Whose answer it is comes first, errors included: the words of a response that
 * somebody else sent mean nothing.
 * @see RFC 6749 §4.1.2, RFC 9207 §2.4, RFC 9700 §4.7
 */
export function readCallback(
  { endpoints }: Pick<AppDoor, 'endpoints'>,
  pending: PendingSignIn,
  callbackUrl: string,
): string {
  const params = new URL(callbackUrl, pending.redirectUri).searchParams
  const only = (name: string) => (params.getAll(name).length === 1 ? params.get(name) : null)
  if (pending.state === '' || only('state') !== pending.state) throw new TokenError('state_mismatch')
  const named = params.has('iss') || endpoints.namesItself === true
  if (pending.issuer !== endpoints.issuer || (named && only('iss') !== pending.issuer))
    throw new TokenError('issuer_mismatch')
  const error = params.get('error')
  const code = only('code')
  if (error === null && code !== null && code !== '') return code
  throw new TokenError('authorization_refused', {
    reason: error !== null && /^[a-z][a-z_]{0,39}$/.test(error) ? error : undefined,
  })
}

/** What a person has given: tokens for `Tokens.accept`, and who they are where `openid` was granted. */
export interface SignedIn {
  readonly tokens: TokenSet
  readonly claims: IdTokenClaims | undefined
}

/**
 * Finishes a code flow with the address that the browser came back to.
 *
 * The exchange is sent once: a code that is presented again ends what it bought, so after a lost answer the person has to
 * be sent through once more, which mostly happens without a question.
 */
export async function finishCodeFlow(
  app: AppDoor,
  pending: PendingSignIn,
  callbackUrl: string,
  options: SurroundingsOptions = {},
): Promise<SignedIn> {
  const code = readCallback(app, pending, callbackUrl)
  const surroundings = surroundingsOf(options)
  const request = app.exchange(code, pending.verifier, pending.redirectUri)
  const { body, sentAt } = await ask(request, 1, surroundings)
  const tokens = app.read(body, sentAt)
  if (!tokens) throw new TokenError('malformed_answer')
  const { id_token: idToken } = body
  if (idToken === undefined) return { tokens, claims: undefined }
  const expected = { issuer: pending.issuer, clientId: app.clientId, nonce: pending.nonce }
  const claims = readIdToken(idToken, expected, surroundings.now())
  if (!claims) throw new TokenError('id_token_refused')
  return { tokens, claims }
}
