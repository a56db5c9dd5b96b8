/** The official TypeScript SDK as a client of OSIR's MCP server. @see Model Context Protocol 2026-07-28, Authorization Flow Steps */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import type {
  Client,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { approve, call, newPerson, responseOf, signedInBrowser } from '../support/actors.ts'

import type { Browser } from '../support/browser.ts'
import { type Authority, hasOpenssl, newAuthority } from '../support/certificates.ts'
import { sdk } from '../support/mcp-sdk.ts'
import { startServer, type TestServer } from '../support/server.ts'

const redirectUrl = 'http://127.0.0.1:3999/callback'

let authority: Authority | undefined
let host: Server | undefined
let documentUrl = ''
let server: TestServer
before(async () => {
  if (hasOpenssl) {
    authority = await newAuthority()
    const { cert, key } = await authority.issue({ subject: '/CN=app', names: ['IP:127.0.0.1'] })
    host = createServer({ cert, key }, (_, response) => {
      const document = {
        client_id: documentUrl,
        client_name: 'Described Client',
        redirect_uris: [redirectUrl],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    })
    host.listen(0, '127.0.0.1')
    await once(host, 'listening')
    const address = host.address()
    const port = typeof address === 'object' && address ? address.port : 0
    documentUrl = `https://127.0.0.1:${port}/client.json`
  }
  server = await startServer({
    doors: { 'osir-oauth': { mcp: true } },
    privateNetworks: ['127.0.0.0/8'],
    ...(authority && { extraCertificates: authority.certPath }),
  })
})
after(async () => {
  host?.closeAllConnections()
  host?.close()
  await server.close()
  await authority?.close()
})

/** What the SDK asks of an application: it keeps what it is given, and remembers where it was sent. */
function newProvider(more: Partial<OAuthClientProvider> = {}) {
  const kept: {
    client?: StoredOAuthClientInformation
    tokens?: StoredOAuthTokens
    verifier?: string
    discovery?: OAuthDiscoveryState
    sentTo?: URL
  } = {}
  const provider: OAuthClientProvider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'SDK Client',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens),
    redirectToAuthorization: (url) => void (kept.sentTo = url),
    saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
    codeVerifier: () => kept.verifier ?? '',
    saveDiscoveryState: (state) => void (kept.discovery = state),
    discoveryState: () => kept.discovery,
    invalidateCredentials(what) {
      if (what === 'all' || what === 'client') delete kept.client
      if (what === 'all' || what === 'tokens') delete kept.tokens
    },
    ...more,
  }
  return { kept, provider }
}

type App = ReturnType<typeof newProvider>

async function connect(app: App): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const url = new URL(`${server.base}/mcp`)
  const transport = new sdk.StreamableHTTPClientTransport(url, { authProvider: app.provider })
  const client = new sdk.Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(transport)
  return { client, transport }
}

/** The person goes where the client sent the browser, leaves those scopes ticked, and the client gets the answer. */
async function authorize(app: App, browser: Browser, scope: readonly string[]): Promise<URL> {
  const { sentTo } = app.kept
  assert.ok(sentTo, 'the client sent the browser somewhere')
  const answer = await approve(browser, `${sentTo.pathname}${sentTo.search}`, { scope })
  const transport = new sdk.StreamableHTTPClientTransport(new URL(`${server.base}/mcp`), {
    authProvider: app.provider,
  })
  await transport.finishAuth(responseOf(answer))
  return sentTo
}

async function isSentAway(ask: Promise<unknown>): Promise<void> {
  await assert.rejects(ask, (error: unknown) => {
    const causes = [error, error instanceof Error ? error.cause : undefined]
    return causes.some((one) => one instanceof sdk.UnauthorizedError)
  })
}

const list = (client: Client, resource: string) =>
  client.callTool({ name: `list_${resource}`, arguments: {} })

async function completeFlow(app: App): Promise<void> {
  const browser = await signedInBrowser(server, await newPerson(server))
  await isSentAway(connect(app))
  const first = await authorize(app, browser, ['domains:read'])
  assert.equal(first.searchParams.get('resource'), `${server.base}/mcp`)
  assert.equal(first.searchParams.get('code_challenge_method'), 'S256')
  // RFC 8707: what the client got is for this API, and no other takes it.
  const access = app.kept.tokens?.access_token ?? ''
  assert.deepEqual([decodeJwt(access).aud].flat(), [`${server.base}/mcp`])
  assert.equal((await call(server, '/v1/domains', { bearer: access })).status, 401)
  const { client } = await connect(app)
  assert.ok((await client.listTools()).tools.some(({ name }) => name === 'list_vps'))
  assert.equal((await list(client, 'domains')).isError, false)

  // Step-up: the challenge names what the tool needs, and the client asks for that besides what it has.
  await isSentAway(list(client, 'vps'))
  const second = await authorize(app, browser, ['domains:read', 'vps:read'])
  const asked = second.searchParams.get('scope')?.split(' ') ?? []
  assert.ok(asked.includes('vps:read') && asked.includes('domains:read'), second.href)
  const again = (await connect(app)).client
  for (const resource of ['domains', 'vps']) assert.equal((await list(again, resource)).isError, false)

  const atFirst = app.kept.tokens?.access_token
  await server.advance(3601)
  assert.equal((await list(again, 'vps')).isError, false)
  assert.notEqual(app.kept.tokens?.access_token, atFirst, 'refreshed by itself')
}

test('discovery, dynamic registration, code, call, step-up and refresh', async () => {
  const app = newProvider()
  await completeFlow(app)
  assert.match(app.kept.client?.client_id ?? '', /^app_/)
})

test('the same with a client that a document describes', {
  skip: !hasOpenssl && 'openssl is not on this machine',
}, async () => {
  const app = newProvider({ clientMetadataUrl: documentUrl })
  await completeFlow(app)
  assert.equal(app.kept.client?.client_id, documentUrl)
})

test('a client whose registration has ended registers anew when it is refused', async () => {
  const app = newProvider()
  const browser = await signedInBrowser(server, await newPerson(server))
  await isSentAway(connect(app))
  await authorize(app, browser, ['domains:read'])
  const { client } = await connect(app)
  const known = app.kept.client?.client_id ?? ''
  const admin = await call(server, '/api/auth/login/', { json: server.demo.admin })
  const bearer = String(admin.json['access'])
  await call(server, `/admin/clients/${known}`, { method: 'DELETE', bearer })
  await isSentAway(list(client, 'domains'))
  assert.notEqual(app.kept.client?.client_id, known)
  await authorize(app, browser, ['domains:read'])
  assert.equal((await list((await connect(app)).client, 'domains')).isError, false)
})
