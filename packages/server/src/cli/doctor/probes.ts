import type { NamedClient, ProbeName } from './observed.ts'

/** One request, written out before it is sent. */
export interface ProbeRequest {
  readonly method: 'GET' | 'POST' | 'OPTIONS'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What the requests are made of. */
export interface ProbeTarget {
  readonly issuer: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly client: NamedClient | undefined
  readonly resource: string | undefined
  /** A name that nobody has; secrets and codes begin with it. */
  readonly marker: string
}

type Params = Readonly<Record<string, string | undefined>>
type Build = (target: ProbeTarget) => ProbeRequest | undefined

/** An origin that nobody can own. @see RFC 2606 §2 */
export const stranger = 'https://doctor.invalid'
const form = { 'content-type': 'application/x-www-form-urlencoded' }
// The example of RFC 7636, Appendix B: nobody has to make one up.
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

function encode(params: Params): string {
  const present = Object.entries(params).filter((one): one is [string, string] => one[1] !== undefined)
  return new URLSearchParams(present).toString()
}

function endpoint({ metadata }: ProbeTarget, name: string): string | undefined {
  const value = metadata[name]
  return typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) ? value : undefined
}

function withQuery(address: string, params: Params): string {
  return `${address}${address.includes('?') ? '&' : '?'}${encode(params)}`
}

const at =
  (name: string, build: (url: string, target: ProbeTarget) => ProbeRequest): Build =>
  (target) => {
    const url = endpoint(target, name)
    return url === undefined ? undefined : build(url, target)
  }

/** A request of a named client, with something changed. */
const asked = (change: (client: NamedClient) => Params): Build =>
  at('authorization_endpoint', (url, { client }) => {
    const { clientId, redirectUri } = client ?? { clientId: '', redirectUri: '' }
    const params = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      state: 'doctor',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...change({ clientId, redirectUri }),
    }
    return { method: 'GET', url: withQuery(url, params) }
  })
const ofClient =
  (build: Build): Build =>
  (target) =>
    target.client ? build(target) : undefined

const preflight = (name: string, method: string): Build =>
  at(name, (url) => ({
    method: 'OPTIONS',
    url,
    headers: { origin: stranger, 'access-control-request-method': method },
  }))

function longer(redirectUri: string): string {
  return `${redirectUri}${redirectUri.endsWith('/') ? '' : '/'}doctor`
}

function unsignedObject({ client, issuer }: ProbeTarget): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: client?.clientId,
    aud: issuer,
    client_id: client?.clientId,
    response_type: 'code',
    redirect_uri: client?.redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }
  return `${part({ alg: 'none' })}.${part(claims)}.`
}

function plainHttp({ issuer }: ProbeTarget): ProbeRequest | undefined {
  const { protocol, port, hostname, pathname } = new URL(issuer)
  // Where the other port would be is known for the usual ones alone.
  if (protocol !== 'https:' || port !== '') return undefined
  const path = `/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`
  return { method: 'GET', url: `http://${hostname}${path}` }
}

/**
 * Every request there is besides those for metadata and keys. Each is one that must be refused, or that only shows a page: nothing is
 * created, no credential of anybody is in one, and each endpoint is asked a few times only.
 */
export const probes: Readonly<Record<Exclude<ProbeName, 'sign-in' | 'resource-metadata'>, Build>> = {
  'plain-http': plainHttp,
  stranger: at('authorization_endpoint', (url, { marker }) => ({
    method: 'GET',
    url: withQuery(url, {
      response_type: 'code',
      client_id: marker,
      redirect_uri: `${stranger}/callback`,
      state: 'doctor',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }),
    headers: { origin: stranger },
  })),
  'authorize-preflight': preflight('authorization_endpoint', 'GET'),
  'token-stranger': at('token_endpoint', (url, { marker }) => ({
    method: 'POST',
    url,
    headers: {
      ...form,
      origin: stranger,
      authorization: `Basic ${Buffer.from(`${marker}:${marker}-secret`).toString('base64')}`,
    },
    body: encode({
      grant_type: 'authorization_code',
      code: `${marker}-code`,
      redirect_uri: `${stranger}/callback`,
    }),
  })),
  'token-preflight': preflight('token_endpoint', 'POST'),
  'token-get': at('token_endpoint', (url, { marker }) => ({
    method: 'GET',
    url: withQuery(url, { grant_type: 'authorization_code', code: `${marker}-code`, client_id: marker }),
  })),
  'token-broken': at('token_endpoint', (url) => ({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: '{"grant_type":',
  })),
  'introspect-unproven': at('introspection_endpoint', (url, { marker }) => ({
    method: 'POST',
    url,
    headers: form,
    body: encode({ token: `${marker}-token` }),
  })),
  'push-unproven': at('pushed_authorization_request_endpoint', (url, { marker }) => ({
    method: 'POST',
    url,
    headers: form,
    body: encode({
      response_type: 'code',
      client_id: marker,
      redirect_uri: `${stranger}/callback`,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }),
  })),
  'good-request': ofClient(asked(() => ({}))),
  'foreign-redirect': ofClient(asked(() => ({ redirect_uri: `${stranger}/callback` }))),
  'longer-redirect': ofClient(asked(({ redirectUri }) => ({ redirect_uri: longer(redirectUri) }))),
  'plain-pkce': ofClient(asked(() => ({ code_challenge_method: 'plain' }))),
  'no-pkce': ofClient(asked(() => ({ code_challenge: undefined, code_challenge_method: undefined }))),
  implicit: ofClient(asked(() => ({ response_type: 'token' }))),
  'unsigned-object': ofClient(
    at('authorization_endpoint', (url, target) => ({
      method: 'GET',
      url: withQuery(url, {
        response_type: 'code',
        client_id: target.client?.clientId,
        request: unsignedObject(target),
      }),
    })),
  ),
  resource: ({ resource }) => (resource === undefined ? undefined : { method: 'GET', url: resource }),
}
