import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'

/** What a server does that it must not. Left out: it does as it should. */
export interface Lies {
  /** Members of its metadata that are changed, or taken away by `undefined`. */
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly keys?: readonly object[]
  /** Headers of its pages that are changed, or taken away by `undefined`. */
  readonly page?: Readonly<Record<string, string | undefined>>
  /** Headers that every answer has besides. */
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: Partial<Reply>
  readonly tokenGet?: Partial<Reply>
  readonly tokenBroken?: Partial<Reply>
  readonly introspect?: Partial<Reply>
  readonly push?: Partial<Reply>
  readonly resource?: Partial<Reply>
  readonly resourceMetadata?: object
  /** Tests of authorization requests that it leaves out. */
  readonly skips?: readonly Check[]
  /** How it sends a browser on. */
  readonly redirectStatus?: number
  /** Whether answers at the client’s address say who gave them. */
  readonly withoutIss?: true
  /** Whether its token endpoint repeats what it was sent. */
  readonly echoes?: true
}

/** One thing that an authorization request is looked at for. */
export type Check = 'client' | 'redirect' | 'prefix' | 'method' | 'pkce' | 'type' | 'object' | 'pushed'

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A server on loopback that lies as it is told to. */
export interface LyingServer {
  readonly issuer: string
  /** What its key set has; for lies that are about one of them. */
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  close(): Promise<void>
}

/** The client that it knows. */
export const knownClient = { clientId: 'known', redirectUri: 'https://client.example/cb' }

const json = { 'content-type': 'application/json', 'cache-control': 'no-store' }
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const failure = (status: number, error: string, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers: { ...json, ...headers },
  body: JSON.stringify({ error }),
})

function metadataOf(issuer: string, lies: Lies): object {
  const algorithms = ['ES256', 'PS256']
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: true,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    dpop_signing_alg_values_supported: algorithms,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    ...lies.metadata,
  }
}

/** What is wrong with a request of the known client at its own address. */
function faultOf(query: URLSearchParams, skips: readonly Check[]): string | undefined {
  const wrong: readonly (readonly [Check, boolean, string])[] = [
    ['type', query.get('response_type') !== 'code', 'unsupported_response_type'],
    ['object', query.has('request'), 'invalid_request_object'],
    ['pkce', !query.has('code_challenge') && !query.has('request'), 'invalid_request'],
    [
      'method',
      query.has('code_challenge') && query.get('code_challenge_method') !== 'S256',
      'invalid_request',
    ],
    ['pushed', !query.has('request_uri'), 'invalid_request'],
  ]
  // A server that leaves something out must not refuse the same request for not being pushed.
  const pushes = skips.length === 0
  return wrong.find(([check, is]) => is && !skips.includes(check) && (check !== 'pushed' || pushes))?.[2]
}

function page(status: number, { page: changes = {} }: Lies): Reply {
  const headers = Object.entries({ ...pageHeaders, ...changes }).filter(
    (one): one is [string, string] => one[1] !== undefined,
  )
  return { status, headers: Object.fromEntries(headers), body: '<!doctype html><title>Sign in</title>' }
}

function authorize(query: URLSearchParams, issuer: string, lies: Lies): Reply {
  const { skips = [], redirectStatus = 303 } = lies
  const asked = query.get('redirect_uri') ?? knownClient.redirectUri
  const to = (params: Readonly<Record<string, string>>): Reply => {
    const iss: Readonly<Record<string, string>> = lies.withoutIss ? {} : { iss: issuer }
    const location = `${asked}?${new URLSearchParams({ ...params, ...iss })}`
    return { status: redirectStatus, headers: { location }, body: '' }
  }
  if (query.get('client_id') !== knownClient.clientId)
    return skips.includes('client') ? to({ error: 'invalid_request' }) : page(400, lies)
  const registered =
    asked === knownClient.redirectUri ||
    skips.includes('redirect') ||
    (skips.includes('prefix') && asked.startsWith(knownClient.redirectUri))
  if (!registered) return page(400, lies)
  const fault = faultOf(query, skips)
  return fault === undefined ? page(200, lies) : to({ error: fault })
}

function answerTo(request: IncomingMessage, body: string, issuer: string, lies: Lies, keys: object): Reply {
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
  const good = (value: object): Reply => ({ status: 200, headers: json, body: JSON.stringify(value) })
  const with401 = { 'www-authenticate': 'Basic realm="x"' }
  if (request.method === 'OPTIONS') return { status: 405, headers: {}, body: '' }
  switch (pathname) {
    case '/.well-known/oauth-authorization-server':
      return good(metadataOf(issuer, lies))
    case '/jwks':
      return good({ keys: lies.keys ?? keys })
    case '/authorize':
      return authorize(searchParams, issuer, lies)
    case '/token':
      if (request.method === 'GET') return { ...failure(405, 'invalid_request'), ...lies.tokenGet }
      if (body.startsWith('{')) return { ...failure(400, 'invalid_request'), ...lies.tokenBroken }
      return { ...failure(401, lies.echoes ? body : 'invalid_client', with401), ...lies.token }
    case '/introspect':
      return { ...failure(401, 'invalid_client', with401), ...lies.introspect }
    case '/par':
      return { ...failure(401, 'invalid_client', with401), ...lies.push }
    case '/mcp': {
      const where = `${issuer}/.well-known/oauth-protected-resource/mcp`
      const headers = { 'www-authenticate': `Bearer resource_metadata="${where}"` }
      return { ...failure(401, 'invalid_token', headers), ...lies.resource }
    }
    case '/.well-known/oauth-protected-resource/mcp':
      return good({ resource: `${issuer}/mcp`, authorization_servers: [issuer], ...lies.resourceMetadata })
    default:
      return failure(404, 'not_found')
  }
}

/** Starts one; with `tls` it speaks TLS by that. */
export async function startLyingServer(lies: Lies = {}, tls?: ServerOptions): Promise<LyingServer> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }]
  let issuer = ''
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const reply = answerTo(request, Buffer.concat(chunks).toString(), issuer, lies, keys)
      response.writeHead(reply.status, { ...reply.headers, ...lies.headers })
      response.end(reply.body)
    })
  }
  const http = tls ? createTlsServer(tls, handle) : createServer(handle)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const port = typeof address === 'object' && address ? address.port : 0
  issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  return {
    issuer,
    keys,
    async close() {
      http.close()
      http.closeAllConnections()
    },
  }
}
