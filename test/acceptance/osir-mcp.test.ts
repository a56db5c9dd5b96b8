import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, getCode, newPerson, signedInBrowser } from '../support/actors.ts'
import { send, text } from '../support/http.ts'
import { newOsirFlow, redeemAt } from '../support/osir.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

const message = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params })
const initialize = message('initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
})

/** A token got in the way that the metadata documents lead to: from the challenge, and from nothing else. */
async function tokenByDiscovery(scope: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const challenge = String((await call(server, '/mcp', { json: initialize })).headers['www-authenticate'])
  const metadataUrl = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? assert.fail(challenge)
  const resource = (await send(metadataUrl)).json
  const [issuer] = resource['authorization_servers'] as readonly string[]
  const { origin, pathname } = new URL(issuer ?? '')
  const { json } = await send(`${origin}/.well-known/oauth-authorization-server${pathname}`)
  assert.equal(json['issuer'], issuer)
  const flow = await newOsirFlow(server, { scope }, { scope })
  const browser = await signedInBrowser(server, await newPerson(server))
  const address = new URL(String(json['authorization_endpoint'])).pathname
  const code = await getCode(browser, { ...flow, authorize: address, more })
  return text(await redeemAt(server, flow, code), 'access_token')
}

test('OSIR-46 without a token the challenge names the document that names the authorization server', async () => {
  const answer = await call(server, '/mcp', { json: initialize })
  assert.equal(answer.status, 401)
  // RFC 9728 §3.1: the path of the resource follows the well-known part.
  const metadataUrl = `${server.base}/.well-known/oauth-protected-resource/mcp`
  assert.equal(answer.headers['www-authenticate'], `Bearer resource_metadata="${metadataUrl}"`)
  const document = await send(metadataUrl)
  assert.equal(document.status, 200)
  assert.match(document.headers['content-type'] ?? '', /^application\/json/)
  // §3.3: the very address that was asked.
  assert.equal(document.json['resource'], `${server.base}/mcp`)
  assert.deepEqual(document.json['authorization_servers'], [`${server.base}/oauth`])
  assert.ok((document.json['scopes_supported'] as readonly string[]).includes('domains:read'))

  const bearer = await tokenByDiscovery('domains:read')
  const started = await call(server, '/mcp', { json: initialize, bearer })
  assert.equal(started.status, 200)
  assert.equal((started.json['result'] as { protocolVersion: string }).protocolVersion, '2025-06-18')
})

test('MCP: what a token allows can be called, and a missing scope is told in the challenge', async () => {
  const bearer = await tokenByDiscovery('domains:read domains:write')
  const ask = (json: object) => call(server, '/mcp', { json, bearer })
  assert.equal((await call(server, '/v1/domains', { bearer, json: { name: 'mcp.example' } })).status, 201)
  const listed = (await ask(message('tools/list'))).json['result'] as { tools: { name: string }[] }
  assert.ok(listed.tools.some(({ name }) => name === 'list_domains'))
  const { json } = await ask(message('tools/call', { name: 'list_domains' }))
  assert.match(JSON.stringify(json['result']), /mcp\.example/)
  const refused = await ask(message('tools/call', { name: 'list_vps' }))
  assert.equal(refused.status, 403)
  assert.match(
    String(refused.headers['www-authenticate']),
    /^Bearer error="insufficient_scope", scope="vps:read", resource_metadata="/,
  )
})

test('MCP: a token that was asked for this resource opens it, and nothing else (RFC 8707 §2.2)', async () => {
  const bearer = await tokenByDiscovery('domains:read', { resource: `${server.base}/mcp` })
  assert.equal((await call(server, '/mcp', { json: initialize, bearer })).status, 200)
  assert.equal((await call(server, '/v1/domains', { bearer })).status, 401)
})

test('MCP: a key opens it as well', async () => {
  const headers = { 'X-API-Key': server.demo.keys['readonly'] ?? '' }
  assert.equal((await call(server, '/mcp', { json: message('ping'), headers })).status, 200)
})

test('MCP: messages that ask nothing, or nothing that there is', async () => {
  const bearer = await tokenByDiscovery('domains:read')
  const ask = (body: string, headers = {}) => call(server, '/mcp', { method: 'POST', body, bearer, headers })
  const errorOf = async (body: string) => {
    const { status, json } = await ask(body)
    return [status, (json['error'] as { code: number } | undefined)?.code]
  }
  const told = await ask(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }))
  assert.equal(told.status, 202)
  assert.equal(told.text, '')
  assert.deepEqual(await errorOf('{'), [400, -32700])
  assert.deepEqual(await errorOf('[]'), [400, -32700])
  assert.deepEqual(await errorOf('{}'), [400, -32600])
  assert.deepEqual(await errorOf(JSON.stringify({ ...message('ping'), id: {} })), [400, -32600])
  assert.deepEqual(await errorOf(JSON.stringify(message('resources/list'))), [200, -32601])
  assert.deepEqual(await errorOf(JSON.stringify(message('tools/call', { name: 'drop' }))), [200, -32602])
  assert.equal((await ask(JSON.stringify(message('ping')), { Origin: 'https://evil.example' })).status, 403)
  const got = await call(server, '/mcp', { bearer })
  assert.equal(got.status, 405)
  assert.equal(got.headers.allow, 'POST')
})
