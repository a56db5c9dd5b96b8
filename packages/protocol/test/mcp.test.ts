import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkMcpBody, decideMcp, hasMcpHeaders, type McpRule } from '../src/index.ts'

type Sent = Readonly<Record<string, string | readonly string[]>>
const reader = (sent: Sent) => (name: string) => [sent[name] ?? []].flat()
const version = { 'mcp-protocol-version': '2026-07-28' }
const calls = (name: string | readonly string[]): Sent => ({
  ...version,
  'mcp-method': 'tools/call',
  'mcp-name': name,
})
const rule: McpRule = {
  tools: { list: ['a'], both: ['b', 'a'], free: [], 'ü x': ['u'] },
  methods: { 'resources/read': ['r'], 'tools/call': ['t'] },
}
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`

const decided: [name: string, sent: Sent, outcome: string, scopes?: readonly string[]][] = [
  ['a tool needs its scopes and those of its method', calls('list'), 'needs', ['a', 't']],
  ['all of them at once', calls('both'), 'needs', ['a', 'b', 't']],
  ['a tool may need none of its own', calls('free'), 'needs', ['t']],
  ['a name may be encoded', calls(base64('ü x')), 'needs', ['t', 'u']],
  ['an encoded name is the same name', calls(base64('list')), 'needs', ['a', 't']],
  [
    'a later version is read the same',
    { ...calls('list'), 'mcp-protocol-version': '2027-01-01' },
    'needs',
    ['a', 't'],
  ],
  ['a method has its own', { ...version, 'mcp-method': 'resources/read', 'mcp-name': 'x:y' }, 'needs', ['r']],
  ['a method that is not named needs nothing', { ...version, 'mcp-method': 'tools/list' }, 'needs', []],
  ['a tool that is not named can’t be called', calls('drop'), 'no-such-tool'],
  ['names of objects are no tools', calls('constructor'), 'no-such-tool'],
  ['names are compared with their case', calls('List'), 'no-such-tool'],
  ['no method', { ...version }, 'malformed'],
  ['two methods', { ...calls('list'), 'mcp-method': ['tools/list', 'tools/call'] }, 'malformed'],
  ['no name for a tool', { ...version, 'mcp-method': 'tools/call' }, 'malformed'],
  ['two names', calls(['free', 'list']), 'malformed'],
  ['a name that is no header value', calls('lüst'), 'malformed'],
  ['an encoding that is none', calls('=?base64?%%%?='), 'malformed'],
  ['an encoding of no text', calls(`=?base64?${Buffer.from([0xff]).toString('base64')}?=`), 'malformed'],
  ['no version', { 'mcp-method': 'tools/call', 'mcp-name': 'list' }, 'malformed'],
  [
    'a version that promises nothing',
    { ...calls('list'), 'mcp-protocol-version': '2025-11-25' },
    'malformed',
  ],
  ['a version that is no date', { ...calls('list'), 'mcp-protocol-version': 'z' }, 'malformed'],
  ['two versions', { ...calls('list'), 'mcp-protocol-version': ['2026-07-28', '2025-11-25'] }, 'malformed'],
]
for (const [name, sent, outcome, scopes] of decided) {
  test(`MCP headers: ${name}`, () => {
    const decision = decideMcp(reader(sent), rule)
    assert.equal(decision.outcome, outcome)
    if (decision.outcome === 'needs') assert.deepEqual(decision.scopes, scopes)
  })
}

test('only versions with a promise have the headers', () => {
  assert.equal(hasMcpHeaders(reader(version)), true)
  assert.equal(hasMcpHeaders(reader({ 'mcp-protocol-version': '2025-11-25' })), false)
  assert.equal(hasMcpHeaders(reader({})), false)
})

const meta = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }
const bodies: [
  name: string,
  sent: Sent,
  body: { method: string; params?: unknown },
  says: RegExp | undefined,
][] = [
  ['the same', calls('list'), { method: 'tools/call', params: { ...meta, name: 'list' } }, undefined],
  [
    'the same, encoded',
    calls(base64('list')),
    { method: 'tools/call', params: { ...meta, name: 'list' } },
    undefined,
  ],
  ['no name to compare', { ...version, 'mcp-method': 'ping' }, { method: 'ping', params: meta }, undefined],
  ['another tool', calls('free'), { method: 'tools/call', params: { ...meta, name: 'list' } }, /Mcp-Name/],
  ['no tool', calls('free'), { method: 'tools/call', params: meta }, /Mcp-Name/],
  [
    'another method',
    { ...version, 'mcp-method': 'tools/list' },
    { method: 'tools/call', params: { ...meta, name: 'list' } },
    /Mcp-Method/,
  ],
  [
    'another resource',
    { ...version, 'mcp-method': 'resources/read', 'mcp-name': 'a:b' },
    { method: 'resources/read', params: { ...meta, uri: 'a:c' } },
    /Mcp-Name/,
  ],
  [
    'another version',
    calls('list'),
    {
      method: 'tools/call',
      params: { name: 'list', _meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' } },
    },
    /Version/,
  ],
  ['no version', calls('list'), { method: 'tools/call', params: { name: 'list' } }, /Version/],
  ['no params', calls('list'), { method: 'tools/call' }, /Mcp-Name/],
  [
    'headers that say nothing',
    version,
    { method: 'tools/call', params: { ...meta, name: 'list' } },
    /Mcp-Method/,
  ],
]
for (const [name, sent, body, says] of bodies) {
  test(`MCP Server Validation: a body with ${name} is ${says ? 'refused' : 'taken'}`, () => {
    const fault = checkMcpBody(reader(sent), body)
    if (says === undefined) assert.equal(fault, undefined)
    else assert.match(fault ?? '', says)
  })
}
