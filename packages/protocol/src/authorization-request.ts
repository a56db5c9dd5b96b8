import {
  type Fault,
  fault,
  type Read,
  readAcr,
  readChallenge,
  readClaims,
  readDetails,
  readDpopJkt,
  readMaxAge,
  readPrompt,
  readScope,
} from './authorization-parameters.ts'
import type { AuthorizationDetail } from './authorization-details.ts'
import type { AcrRequest, ClaimsRequest } from './claims-request.ts'
import type { ClientRules } from './client-rules.ts'
import type { ErrorCode } from './errors.ts'
import { isStrictRedirect, redirectUriMatches } from './redirect-uri.ts'
import { readResources, type Resources } from './resource-indicator.ts'
import { parseResponseMode, type ResponseMode } from './response-mode.ts'
import type { Scope } from './scope.ts'

/** What the authorization endpoint needs to know of a client. @see RFC 7591 §2 */
export interface AuthorizationClient extends ClientRules {
  readonly clientId: string
  readonly type: 'confidential' | 'public'
  readonly redirectUris: readonly string[]
  readonly scope: Scope
  readonly grantTypes: readonly string[]
}

/**
 * Where the parameters of a request were found: in the query or form that the browser brought, or with the client itself, who
 * pushed them. @see RFC 9126 §4
 */
export type RequestSource = 'query' | 'pushed'

/** What a door asks of authorization requests. */
export interface AuthorizationPolicy {
  readonly pkce: 'required' | 'confidential-may-omit'
  /** All scopes the door knows. */
  readonly scopes: Scope
  /** Whether it binds codes to keys. */
  readonly dpop: boolean
  /** How its responses may travel. */
  readonly responseModes: readonly ResponseMode[]
  readonly pushedRequests: 'off' | 'optional' | 'required'
  readonly requestObjects: 'off' | 'optional' | 'required'
  /** Whether every request has to name its address, and plain http leads to a loopback IP alone. */
  readonly strictRedirects?: boolean
  /** Types of authorization details that it takes; none: the parameter is ignored. @see RFC 9396 §2 */
  readonly detailTypes: readonly string[]
  /** Whether single claims can be asked for; if not, the parameter is ignored. */
  readonly claims: boolean
  /** Names of the ways of signing in; none: nobody can ask for one. */
  readonly acrValues: readonly string[]
  /** Resources that can be named; none: the parameter is ignored. */
  readonly resources: readonly string[]
}

/** An authorization request as `parseQuery` read it; `client` is the door's own client of that id, if any. */
export interface AuthorizationInput {
  readonly params: ReadonlyMap<string, string>
  readonly repeated: readonly string[]
  readonly emptied: readonly string[]
  /** Every `resource`: it may come several times. @see RFC 8707 §2 */
  readonly resources: readonly string[]
  readonly client: AuthorizationClient | undefined
  readonly source: RequestSource
  /** Whether the client signed the parameters; what it pushed was judged then. @see RFC 9101 §6.3 */
  readonly signed: boolean
  readonly policy: AuthorizationPolicy
}

/** An authorization request that may be put before a person. @see RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1 */
export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  /** `undefined` when the request left it to the registration. */
  readonly askedRedirectUri: string | undefined
  readonly state: string | undefined
  readonly scope: Scope
  readonly scopeAsked: boolean
  readonly resources: Resources
  readonly codeChallenge: string | undefined
  /** Thumbprint of the key that the code is for. @see RFC 9449 §10 */
  readonly dpopJkt: string | undefined
  readonly nonce: string | undefined
  readonly prompt: readonly string[]
  readonly maxAge: number | undefined
  readonly team: string | undefined
  readonly loginHint: string | undefined
  /** As it came: its signature is for the caller to check. */
  readonly idTokenHint: string | undefined
  readonly claims: ClaimsRequest | undefined
  /** The ways of signing in that it asks for, as far as the door has them. */
  readonly acr: AcrRequest | undefined
  /** Of known types; what is in them is for the types to check. */
  readonly details: readonly AuthorizationDetail[]
  readonly responseMode: ResponseMode
}

/** A page for the person, a redirect to the proven address, or a request to ask the person about. @see RFC 6749 §4.1.2.1 */
export type AuthorizationDecision =
  | { readonly outcome: 'page'; readonly error: ErrorCode; readonly description: string }
  | {
      readonly outcome: 'redirect'
      readonly redirectUri: string
      readonly state: string | undefined
      readonly clientId: string
      readonly responseMode: ResponseMode
      readonly error: ErrorCode
      readonly description: string
    }
  | { readonly outcome: 'ask'; readonly request: AuthorizationRequest }

/** The proven client and redirect URI, or what the page says. Until both are proven nothing may be sent anywhere. */
function proveAddress(
  input: AuthorizationInput,
): Read<{ readonly client: AuthorizationClient; readonly redirectUri: string }> {
  const { params, repeated, client, policy } = input
  if (repeated.includes('client_id')) return fault('invalid_request', 'client_id is repeated')
  if (!params.has('client_id')) return fault('invalid_request', 'client_id is missing')
  if (!client || client.clientId !== params.get('client_id'))
    return fault('invalid_request', 'client_id is not known')
  if (repeated.includes('redirect_uri')) return fault('invalid_request', 'redirect_uri is repeated')

  const asked = params.get('redirect_uri')
  const [only, second] = client.redirectUris
  if (asked === undefined) {
    if (only === undefined || second !== undefined || policy.strictRedirects)
      return fault('invalid_request', 'redirect_uri is missing')
    return { value: { client, redirectUri: only } }
  }
  if (!client.redirectUris.some((registered) => redirectUriMatches(asked, registered))) {
    return fault('invalid_request', 'redirect_uri is not registered')
  }
  if (policy.strictRedirects && !isStrictRedirect(asked))
    return fault('invalid_request', 'redirect_uri must use https, or http on a loopback IP')
  return { value: { client, redirectUri: asked } }
}

/** Whether the parameters came in a way that they may come. */
function checkSource(
  { params, source, signed, policy }: AuthorizationInput,
  client: AuthorizationClient,
): Fault | undefined {
  // One that could be opened has been, before this: its parameters stand in its place.
  if (params.has('request')) {
    return policy.requestObjects === 'off'
      ? fault('request_not_supported', 'request objects are not supported')
      : fault('invalid_request_object', 'the request object is not valid')
  }
  // Only names that this server gave are looked up, before this; it fetches nothing. RFC 9101 §10.4
  if (params.has('request_uri')) return fault('request_uri_not_supported', 'request_uri is not supported')
  if (source === 'query' && (client.requirePushed || policy.pushedRequests === 'required'))
    return fault('invalid_request', 'the request must be pushed first')
  if (!signed && (client.requireSigned || policy.requestObjects === 'required'))
    return fault('invalid_request', 'the request must be signed')
  return undefined
}

function checkForm(input: AuthorizationInput, client: AuthorizationClient): Fault | undefined {
  const { params, repeated } = input
  if (!client.grantTypes.includes('authorization_code')) {
    return fault('unauthorized_client', 'the client may not use authorization codes')
  }
  if (repeated.length > 0) return fault('invalid_request', 'a parameter is repeated')
  const unusable = checkSource(input, client)
  if (unusable) return unusable
  const type = params.get('response_type')
  if (type === undefined) return fault('invalid_request', 'response_type is missing')
  if (type !== 'code') return fault('unsupported_response_type', 'response_type must be code')
  return undefined
}

function readRequest(
  input: AuthorizationInput,
  client: AuthorizationClient,
  { redirectUri, responseMode }: { readonly redirectUri: string; readonly responseMode: ResponseMode },
): Read<AuthorizationRequest> {
  const { params } = input
  const form = checkForm(input, client)
  if (form) return form
  const challenge = readChallenge(input, client)
  if ('error' in challenge) return challenge
  const dpopJkt = readDpopJkt(input)
  if ('error' in dpopJkt) return dpopJkt
  const scope = readScope(input, client)
  if ('error' in scope) return scope
  const resources =
    input.policy.resources.length === 0 ? [] : readResources(input.resources, input.policy.resources)
  if (!resources) return fault('invalid_target', 'resource is not known')
  const prompt = readPrompt(params)
  if ('error' in prompt) return prompt
  const details = readDetails(input)
  if ('error' in details) return details
  const claims = readClaims(input)
  if ('error' in claims) return claims
  const acr = readAcr(input, claims.value, client)
  if ('error' in acr) return acr
  const maxAge = readMaxAge(params)
  if ('error' in maxAge) return maxAge
  return {
    value: {
      clientId: client.clientId,
      redirectUri,
      askedRedirectUri: params.get('redirect_uri'),
      state: params.get('state'),
      scope: scope.value,
      scopeAsked: params.has('scope'),
      resources,
      codeChallenge: challenge.value,
      dpopJkt: dpopJkt.value,
      nonce: params.get('nonce'),
      prompt: prompt.value,
      // OpenID Connect Registration §2: what was registered holds where the request says nothing.
      maxAge: maxAge.value ?? client.choices?.defaultMaxAge,
      team: params.get('team'),
      loginHint: params.get('login_hint'),
      idTokenHint: params.get('id_token_hint'),
      claims: claims.value,
      acr: acr.value,
      details: details.value,
      responseMode,
    },
  }
}

/**
 * Decides what becomes of an authorization request, before anybody is asked to sign in.
 *
 * Client and redirect URI come first: a server that redirects before both are proven is an open redirector.
 *
 * @see RFC 6749 §4.1.1, §4.1.2.1, RFC 7636 §4.4.1, RFC 9700 §4.11
 */
export function decideAuthorizationRequest(input: AuthorizationInput): AuthorizationDecision {
  const proven = proveAddress(input)
  if ('error' in proven) return { outcome: 'page', ...proven }
  const { client, redirectUri } = proven.value
  const { params, policy } = input
  // Before everything else that can be wrong: it says how the client wants to hear of it.
  const responseMode = parseResponseMode(params.get('response_mode'), policy.responseModes, redirectUri)
  const read = responseMode
    ? readRequest(input, client, { redirectUri, responseMode })
    : fault('invalid_request', 'response_mode is not one that can be used')
  if ('value' in read) return { outcome: 'ask', request: read.value }
  const to = { redirectUri, state: params.get('state'), clientId: client.clientId }
  return { outcome: 'redirect', ...to, responseMode: responseMode ?? 'query', ...read }
}
