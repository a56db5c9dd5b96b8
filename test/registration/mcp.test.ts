/** Tools of an MCP server, decided by headers. @see Model Context Protocol 2026-07-28, Streamable HTTP, Request Metadata */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call, getCode, newPerson, signedInBrowser } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { newOsirFlow, redeemAt } from '../support/osir.ts'
import { startServer, type TestServer } from '../support/server.ts'

const version = '2026-07-28'

let server: TestServer
let bearer = ''
before(async () => {
  server = await startServer({
    forwardAuth: [
      {
        path: '/tools',
        methods: ['POST'],
        shape: 'oauth',
        rule: {
          doors: ['osir-oauth'],
          mcp: { tools: { look: ['domains:read'], move: ['domains:write', 'domains:read', 'vps:write'] } },
        },
      },
    ],
  })
  const scope = 'domains:read'
  const flow = await newOsirFlow(server, {}, { scope })
  const browser = await signedInBrowser(server, await newPerson(server))
  bearer = text(await redeemAt(server, flow, await getCode(browser, flow)), 'access_token')
})
after(() => server.close())

type Headers = Readonly<Record<string, string | readonly string[]>>

/** The headers of a request that says of itself what it is. */
const saying = (method: string, name?: string): Headers => ({
  'MCP-Protocol-Version': version,
  'Mcp-Method': method,
  ...(name !== undefined && { 'Mcp-Name': name }),
})
const message = (method: string, params: object = {}) => ({
  jsonrpc: '2.0',
  id: 7,
  method,
  params: { ...params, _meta: { 'io.modelcontextprotocol/protocolVersion': version } },
})
const ask = (json: object, headers: Headers, more: object = { bearer }) =>
  call(server, '/mcp', { json, headers, ...more })
const codeOf = ({ json }: Answer) => (json['error'] as { readonly code?: number } | undefined)?.code

describe('an MCP server behind the guard', () => {
  test('answers what its headers and its body both say', async () => {
    const found = await ask(message('server/discover'), saying('server/discover'))
    assert.equal(found.status, 200, found.text)
    const { supportedVersions } = found.json['result'] as { readonly supportedVersions: readonly string[] }
    assert.ok(supportedVersions.includes(version))
    const called = await ask(
      message('tools/call', { name: 'list_domains' }),
      saying('tools/call', 'list_domains'),
    )
    assert.equal(called.status, 200, called.text)
  })

  test('says of a tool everything that it needs, before it looks at the body', async () => {
    const headers = { ...saying('tools/call', 'list_vps'), 'Content-Type': 'application/json' }
    const refused = await call(server, '/mcp', { method: 'POST', body: 'not JSON', headers, bearer })
    assert.equal(refused.status, 403, refused.text)
    assert.match(
      String(refused.headers['www-authenticate']),
      /^Bearer error="insufficient_scope", scope="vps:read", resource_metadata="/,
    )
  })

  test('tells who comes without a token what to ask for', async () => {
    const refused = await ask(
      message('tools/call', { name: 'list_vps' }),
      saying('tools/call', 'list_vps'),
      {},
    )
    assert.equal(refused.status, 401)
    assert.match(String(refused.headers['www-authenticate']), /^Bearer scope="vps:read", resource_metadata="/)
  })

  test('a tool that nobody wrote a rule for can’t be called', async () => {
    const refused = await ask(message('tools/call', { name: 'drop' }), saying('tools/call', 'drop'))
    assert.equal(refused.status, 403)
    assert.equal(refused.headers['www-authenticate'], undefined)
  })

  const differing: [name: string, json: object, headers: Headers][] = [
    ['of another tool', message('tools/call', { name: 'list_vps' }), saying('tools/call', 'list_domains')],
    ['of another method', message('tools/call', { name: 'list_vps' }), saying('tools/list')],
    ['of another version', { ...message('tools/list'), params: {} }, saying('tools/list')],
  ]
  for (const [name, json, headers] of differing) {
    test(`a body ${name} than the headers say is 400 and the code for it`, async () => {
      const refused = await ask(json, headers)
      assert.equal(refused.status, 400, refused.text)
      assert.equal(codeOf(refused), -32020)
      assert.equal(refused.json['id'], 7)
    })
  }

  const unclear: [name: string, headers: Headers][] = [
    ['no method', { 'MCP-Protocol-Version': version }],
    ['no name for a tool', saying('tools/call')],
    ['two methods', { ...saying('tools/list'), 'Mcp-Method': ['tools/list', 'tools/call'] }],
    ['two names', { ...saying('tools/call'), 'Mcp-Name': ['list_domains', 'list_vps'] }],
  ]
  for (const [name, headers] of unclear) {
    test(`headers with ${name} are refused by the guard`, async () => {
      const refused = await ask(message('tools/call', { name: 'list_vps' }), headers)
      assert.equal(refused.status, 400, refused.text)
    })
  }

  test('a later version is told which there are, and an unknown method is 404', async () => {
    const later = { ...saying('tools/list'), 'MCP-Protocol-Version': '2030-01-01' }
    const meta = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' } }
    const refused = await ask({ ...message('tools/list'), params: meta }, later)
    assert.equal(refused.status, 400)
    assert.equal(codeOf(refused), -32022)
    const unknown = await ask(message('resources/list'), saying('resources/list'))
    assert.equal(unknown.status, 404)
    assert.equal(codeOf(unknown), -32601)
  })
})

describe('forward authentication', () => {
  const through = (headers: Headers, credential = bearer) =>
    call(server, '/guard/forward-auth', {
      headers: { 'X-Forwarded-Method': 'POST', 'X-Forwarded-Uri': '/tools', ...headers },
      bearer: credential,
    })

  test('lets a call to a tool through by its headers alone', async () => {
    const allowed = await through(saying('tools/call', 'look'))
    assert.equal(allowed.status, 200)
    assert.equal(allowed.headers['x-auth-scopes'], 'domains:read')
    assert.equal((await through(saying('tools/list'))).status, 200)
  })

  test('names every scope that a tool needs, those that the token has as well', async () => {
    const refused = await through(saying('tools/call', 'move'))
    assert.equal(refused.status, 403)
    assert.equal(
      refused.headers['www-authenticate'],
      'Bearer error="insufficient_scope", scope="domains:read domains:write vps:write"',
    )
  })

  test('refuses what can’t be decided by headers', async () => {
    assert.equal((await through(saying('tools/call', 'other'))).status, 403)
    for (const headers of [
      {},
      saying('tools/call'),
      { ...saying('tools/call', 'look'), 'MCP-Protocol-Version': '2025-11-25' },
    ])
      assert.equal((await through(headers)).status, 400)
    assert.equal(
      (await through(saying('tools/call', 'other'), 'made-up')).status,
      401,
      'a stranger learns of no tool',
    )
  })
})
