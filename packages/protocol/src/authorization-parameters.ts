import { type AuthorizationDetail, parseDetails } from './authorization-details.ts'
import type { AuthorizationClient, AuthorizationInput } from './authorization-request.ts'
import { type AcrRequest, type ClaimsRequest, readClaimsRequest } from './claims-request.ts'
import { isThumbprint } from './dpop.ts'
import type { ErrorCode } from './errors.ts'
import { isCodeChallenge } from './pkce.ts'
import { intersectScope, parseScope, type Scope, scopeWithin } from './scope.ts'

/** Why a request is refused. */
export interface Fault {
  readonly error: ErrorCode
  readonly description: string
}

/** A value, or why there is none. */
export type Read<T> = { readonly value: T } | Fault

/** What `prompt` may ask for. @see OpenID Connect Core §3.1.2.1 */
export const promptValues: readonly string[] = ['none', 'login', 'consent', 'select_account']

/** A refusal with its description. */
export function fault(error: ErrorCode, description: string): Fault {
  return { error, description }
}

/** The PKCE challenge. @see RFC 7636 §4.3 */
export function readChallenge(
  input: AuthorizationInput,
  client: AuthorizationClient,
): Read<string | undefined> {
  const { params, emptied, policy } = input
  const challenge = params.get('code_challenge')
  const method = params.get('code_challenge_method')
  if (challenge === undefined) {
    if (policy.pkce === 'required' || client.type === 'public')
      return fault('invalid_request', 'code_challenge is missing')
    // Half a challenge is a broken client or a downgrade; neither may pass as a request without PKCE.
    const half = method !== undefined || emptied.includes('code_challenge')
    return half ? fault('invalid_request', 'code_challenge is missing') : { value: undefined }
  }
  // RFC 7636 §4.3 would default to plain, which this server does not know.
  if (method !== 'S256') return fault('invalid_request', 'code_challenge_method must be S256')
  if (!isCodeChallenge(challenge))
    return fault('invalid_request', 'code_challenge must be 43 base64url characters')
  return { value: challenge }
}

/**
 * The scope that is asked for: the client's, where none is named. What a door does not know is refused, but passed over in a request
 * with `openid`, as clients ask every provider for `email` or `offline_access`.
 * @see RFC 6749 §3.3, OpenID Connect Core §3.1.2.1
 */
export function readScope(
  { params, emptied, policy }: AuthorizationInput,
  client: AuthorizationClient,
): Read<Scope> {
  const text = params.get('scope')
  if (text === undefined) {
    const all = client.scope.filter((one) => policy.scopes.includes(one))
    if (emptied.includes('scope') || all.length === 0) return fault('invalid_scope', 'scope is empty')
    return { value: all }
  }
  const asked = parseScope(text)
  if (!asked) return fault('invalid_scope', 'scope is malformed or not known')
  const isOpenid = asked.includes('openid') && policy.scopes.includes('openid')
  const scope = isOpenid ? intersectScope(asked, policy.scopes) : asked
  if (!scopeWithin(scope, policy.scopes)) return fault('invalid_scope', 'scope is malformed or not known')
  if (!scopeWithin(scope, client.scope))
    return fault('invalid_scope', 'scope is wider than the client may ask for')
  return { value: scope }
}

/** What `prompt` asks for. @see OpenID Connect Core §3.1.2.1 */
export function readPrompt(params: ReadonlyMap<string, string>): Read<readonly string[]> {
  const prompt = params.get('prompt')?.split(' ') ?? []
  if (!prompt.every((one) => promptValues.includes(one)))
    return fault('invalid_request', 'prompt is not known')
  if (prompt.includes('none') && prompt.length > 1)
    return fault('invalid_request', 'prompt none stands alone')
  return { value: prompt }
}

/** How old a sign-in may be. @see OpenID Connect Core §3.1.2.1 */
export function readMaxAge(params: ReadonlyMap<string, string>): Read<number | undefined> {
  const text = params.get('max_age')
  if (text === undefined) return { value: undefined }
  return /^\d{1,9}$/.test(text)
    ? { value: Number(text) }
    : fault('invalid_request', 'max_age must be a number of seconds')
}

/** A door that binds nothing ignores it, as any parameter it does not know. @see RFC 9449 §10 */
export function readDpopJkt({ params, policy }: AuthorizationInput): Read<string | undefined> {
  const jkt = policy.dpop ? params.get('dpop_jkt') : undefined
  return jkt === undefined || isThumbprint(jkt)
    ? { value: jkt }
    : fault('invalid_request', 'dpop_jkt must be a SHA-256 thumbprint')
}

/** The claims that are asked for one by one. @see OpenID Connect Core §5.5 */
export function readClaims({ params, policy }: AuthorizationInput): Read<ClaimsRequest | undefined> {
  const text = policy.claims ? params.get('claims') : undefined
  if (text === undefined) return { value: undefined }
  const claims = readClaimsRequest(text)
  if (!claims) return fault('invalid_request', 'claims is malformed')
  return { value: claims }
}

/**
 * The ways of signing in that will do: those of the claim, else of the request, else of the registration, as far as the door has
 * them. Wishes that it can't grant are let go; what is insisted on and can't be had is refused.
 * @see OpenID Connect Core §3.1.2.1, §5.5.1.1, Unmet Authentication Requirements §2
 */
export function readAcr(
  { params, policy }: AuthorizationInput,
  claims: ClaimsRequest | undefined,
  client: AuthorizationClient,
): Read<AcrRequest | undefined> {
  const wished = params.get('acr_values')?.split(' ') ?? client.choices?.defaultAcrValues
  const asked = claims?.acr ?? (wished && { values: wished, essential: false })
  if (!asked) return { value: undefined }
  const values = asked.values.filter((one) => policy.acrValues.includes(one))
  if (values.length > 0) return { value: { values, essential: asked.essential } }
  return asked.essential
    ? fault('unmet_authentication_requirements', 'there is no such acr to sign in by')
    : { value: undefined }
}

/** The authorization details, each of a type that the door takes. @see RFC 9396 §5 */
export function readDetails({ params, policy }: AuthorizationInput): Read<readonly AuthorizationDetail[]> {
  const text = policy.detailTypes.length === 0 ? undefined : params.get('authorization_details')
  if (text === undefined) return { value: [] }
  const details = parseDetails(text)
  if (!details) return fault('invalid_authorization_details', 'authorization_details is malformed')
  return details.every(({ type }) => policy.detailTypes.includes(type))
    ? { value: details }
    : fault('invalid_authorization_details', 'a type of authorization_details is not known')
}
