import { parseBasic } from './basic.ts'
import { type ClientAssertion, clientAssertionType, parseClientAssertion } from './client-assertion.ts'

/** Every way for a client to prove itself, by its registered name. @see RFC 7591 §2, OpenID Connect Core §9, RFC 8705 §2 */
export const clientAuthMethods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const

/** One of them. */
export type ClientAuthMethod = (typeof clientAuthMethods)[number]

/** How a client named and proved itself. */
export interface ClientCredentials {
  readonly clientId: string | undefined
  readonly secret?: string | undefined
  readonly assertion?: ClientAssertion
  /** How they came: the challenge of a refusal answers in kind. @see RFC 6749 §5.2 */
  readonly method: 'basic' | 'post' | 'assertion' | 'none'
}

type Read =
  | { readonly outcome: 'credentials'; readonly credentials: ClientCredentials }
  /** A request that is malformed or tries two ways. */
  | { readonly outcome: 'malformed'; readonly description: string }
  /** Credentials that are nobody's; `detail` is for the log. */
  | { readonly outcome: 'refuse'; readonly detail: string; readonly method: ClientCredentials['method'] }

type Params = ReadonlyMap<string, string>
const malformed = (description: string) => ({ outcome: 'malformed', description }) as const

function readBasic(header: string, named: string | undefined): Read {
  const basic = parseBasic(header)
  if (basic && named !== undefined && named !== basic.clientId)
    return malformed('client_id differs from the Authorization header')
  return {
    outcome: 'credentials',
    credentials: { clientId: basic?.clientId, secret: basic?.secret, method: 'basic' },
  }
}

function readAssertion(params: Params, named: string | undefined): Read {
  const refuse = (detail: string) => ({ outcome: 'refuse', detail, method: 'assertion' }) as const
  const text = params.get('client_assertion')
  const type = params.get('client_assertion_type')
  if (text === undefined || type === undefined)
    return malformed('client_assertion and client_assertion_type belong together')
  if (type !== clientAssertionType) return refuse('client_assertion_type is not one of ours')
  const parsed = parseClientAssertion(text)
  if (parsed.outcome === 'refuse') return refuse(`client_assertion: ${parsed.detail}`)
  const { assertion } = parsed
  // RFC 7521 §4.2: client_id may be left out; where it is there it must be the one of the assertion.
  if (named !== undefined && named !== assertion.clientId)
    return refuse('client_id differs from the assertion')
  return {
    outcome: 'credentials',
    credentials: { clientId: assertion.clientId, assertion, method: 'assertion' },
  }
}

/**
 * The credentials of a request, by exactly one method. A certificate is none of them: a client may bring one for its tokens as well.
 * @see RFC 6749 §2.3, RFC 7521 §4.2
 */
export function readClientCredentials(authorization: readonly string[], params: Params): Read {
  const [header, second] = authorization
  if (second !== undefined) return malformed('Authorization is repeated')
  const secret = params.get('client_secret')
  const asserts = params.has('client_assertion') || params.has('client_assertion_type')
  const ways = [header !== undefined, secret !== undefined, asserts].filter(Boolean).length
  if (ways > 1) return malformed('use one way of client authentication')
  const named = params.get('client_id')
  if (header !== undefined) return readBasic(header, named)
  if (asserts) return readAssertion(params, named)
  return {
    outcome: 'credentials',
    credentials: { clientId: named, secret, method: secret === undefined ? 'none' : 'post' },
  }
}
