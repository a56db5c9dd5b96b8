import type { WireRequest } from './answer.ts'
import { ask, surroundingsOf, type SurroundingsOptions } from './ask.ts'
import { readOauth, requireSafe, requireText, type TokenDoor } from './door.ts'
import { TokenError } from './errors.ts'

/** Where the endpoints of an apps door are: from `discoverApps`, or written by hand. */
export interface AppsEndpoints {
  /** Compared with what comes back, as a string. @see RFC 9207 §2.4 */
  readonly issuer: string
  readonly authorize: string
  readonly token: string
  readonly revoke?: string
  /** Whether the server names itself in every authorization response, so that one without a name is refused. */
  readonly namesItself?: boolean
}

/** Asks a server where its endpoints are, such as `https://login.example.com/oauth`. @see RFC 8414 §3 */
export async function discoverApps(
  issuer: string,
  options: SurroundingsOptions & { readonly insecureHttp?: boolean } = {},
): Promise<AppsEndpoints> {
  const { origin, pathname } = requireSafe('issuer', issuer, options.insecureHttp)
  const url = `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
  const { body } = await ask({ url, headers: {} }, 4, surroundingsOf(options))
  // RFC 8414 §3.3: metadata of another issuer MUST NOT be used.
  if (body['issuer'] !== issuer) throw new TokenError('issuer_mismatch')
  const {
    authorization_endpoint: authorize,
    token_endpoint: token,
    revocation_endpoint: revoke,
    authorization_response_iss_parameter_supported: namesItself,
  } = body
  if (typeof authorize !== 'string' || typeof token !== 'string') throw new TokenError('malformed_answer')
  return {
    issuer,
    authorize,
    token,
    ...(typeof revoke === 'string' && { revoke }),
    namesItself: namesItself === true,
  }
}

/** A registered client of an apps door. */
export interface AppOptions {
  readonly endpoints: AppsEndpoints
  readonly clientId: string
  /** Left out for a public client, such as one in a browser or on somebody's machine. */
  readonly clientSecret?: string
  readonly insecureHttp?: boolean
}

/** The door of an app that acts for people: its tokens begin with a code flow. */
export interface AppDoor extends TokenDoor {
  readonly endpoints: AppsEndpoints
  readonly clientId: string
  exchange(code: string, verifier: string, redirectUri: string): WireRequest
}

/** @see RFC 6749 §2.3.1: both are form-encoded first, so that a colon in one is no separator */
function basic(clientId: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
  return `Basic ${btoa(`${encode(clientId)}:${encode(secret)}`)}`
}

/** How a client sends a form: with its secret by HTTP Basic, or with its name alone when it is public. */
function formSender({ endpoints, clientId, clientSecret, insecureHttp }: AppOptions) {
  for (const name of ['issuer', 'authorize', 'token', 'revoke'] as const) {
    const address = endpoints[name]
    if (address !== undefined) requireSafe(`endpoints.${name}`, address, insecureHttp)
  }
  requireText('clientId', clientId)
  const authorization =
    clientSecret === undefined ? undefined : basic(clientId, requireText('clientSecret', clientSecret))
  return (url: string, form: Readonly<Record<string, string>>): WireRequest => ({
    url,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization !== undefined && { authorization }),
    },
    body: new URLSearchParams({
      ...form,
      ...(authorization === undefined && { client_id: clientId }),
    }).toString(),
  })
}

function doorOf(options: AppOptions, send: ReturnType<typeof formSender>) {
  const { endpoints, clientId } = options
  const { revoke } = endpoints
  return {
    owner: `${endpoints.token} ${clientId}`,
    origin: new URL(endpoints.issuer).origin,
    read: readOauth,
    ...(revoke !== undefined && {
      revoke: ({ refresh, access }: { readonly refresh?: string; readonly access: string }) =>
        send(revoke, { token: refresh ?? access }),
    }),
  }
}

/** An app that acts for people who have allowed it: confidential with a secret, public without. */
export function apps(options: AppOptions): AppDoor {
  const { endpoints, clientId } = options
  const send = formSender(options)
  return {
    ...doorOf(options, send),
    endpoints,
    clientId,
    refresh: (refreshToken) =>
      send(endpoints.token, { grant_type: 'refresh_token', refresh_token: refreshToken }),
    exchange: (code, verifier, redirectUri) =>
      send(endpoints.token, {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: redirectUri,
      }),
  }
}

/** An app of a team that acts for itself. It gets no refresh token and needs none. @see RFC 6749 §4.4 */
export function machines(
  options: AppOptions & { readonly clientSecret: string; readonly scope?: string },
): TokenDoor {
  const { endpoints, scope } = options
  const send = formSender(options)
  const door = doorOf(options, send)
  return {
    ...door,
    owner: `${door.owner} ${scope ?? ''}`,
    start: () =>
      send(endpoints.token, { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
  }
}
