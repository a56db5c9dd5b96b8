import { decodeBase64, decodeUtf8 } from './base64.ts'
import type { Scope } from './scope.ts'

/**
 * What the requests of an MCP client need, besides what everything needs: told by its headers, so that nobody has to read a body.
 * @see Model Context Protocol 2026-07-28, Streamable HTTP, Request Metadata
 */
export interface McpRule {
  /** Scopes by tool. A tool that is not named here can't be called. */
  readonly tools: Readonly<Record<string, Scope>>
  /** Scopes by method, such as `resources/read`; one that is not named needs nothing more. */
  readonly methods?: Readonly<Record<string, Scope>>
}

/** Every value of a header, in order; the name is lower-case. */
export type McpHeaderReader = (name: string) => readonly string[]

/** What one request needs, or why nobody can tell. */
export type McpDecision =
  | { readonly outcome: 'needs'; readonly scopes: Scope }
  | { readonly outcome: 'malformed'; readonly detail: string }
  | { readonly outcome: 'no-such-tool'; readonly detail: string }

/** What a request says of its body. */
interface McpCall {
  readonly method: string
  /** The tool, prompt or resource; `undefined` where the method names none. */
  readonly name: string | undefined
}

/** The first version whose servers have to compare these headers with the body. */
export const mcpHeaderVersion = '2026-07-28'
/** The code of the JSON-RPC error when headers and body differ, which goes with status 400. */
export const mcpHeaderMismatch = -32020

/** Where a body says its version. */
const versionMember = 'io.modelcontextprotocol/protocolVersion'
const date = /^\d{4}-\d{2}-\d{2}$/
const plain = /^[\x21-\x7E](?:[\x20-\x7E\t]*[\x21-\x7E])?$/
const encoded = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/
/** The member of `params` that `Mcp-Name` repeats, by method. */
const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

const nameMember = (method: string) => (Object.hasOwn(named, method) ? named[method] : undefined)
const one = (values: readonly string[]) => (values.length === 1 ? values[0] : undefined)

/** A header value as its client meant it. @see Streamable HTTP, Value Encoding */
function decodeValue(value: string): string | undefined {
  if (!plain.test(value)) return undefined
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value
  const text = encoded.exec(value)?.[1]
  const bytes = text === undefined ? undefined : decodeBase64(text, 'base64')
  return bytes && decodeUtf8(bytes)
}

/** Whether a request is of a version that has the headers; those of older ones say nothing that a server compares. */
export function hasMcpHeaders(header: McpHeaderReader): boolean {
  const version = one(header('mcp-protocol-version'))
  return version !== undefined && date.test(version) && version >= mcpHeaderVersion
}

function readCall(header: McpHeaderReader): McpCall | string {
  // Streamable HTTP, Server Validation: whoever decides by these headers refuses versions that don't promise they are true.
  if (!hasMcpHeaders(header)) return `MCP-Protocol-Version is not ${mcpHeaderVersion} or later`
  const method = one(header('mcp-method'))
  if (method === undefined || !plain.test(method)) return 'Mcp-Method is missing, repeated or malformed'
  const names = header('mcp-name')
  if (nameMember(method) === undefined && names.length === 0) return { method, name: undefined }
  const [value] = names
  const name = names.length === 1 && value !== undefined ? decodeValue(value) : undefined
  return name === undefined ? 'Mcp-Name is missing, repeated or malformed' : { method, name }
}

/** Decides by its headers alone what a request to an MCP server needs. */
export function decideMcp(header: McpHeaderReader, { tools, methods = {} }: McpRule): McpDecision {
  const call = readCall(header)
  if (typeof call === 'string') return { outcome: 'malformed', detail: call }
  const { method, name = '' } = call
  const byMethod = Object.hasOwn(methods, method) ? (methods[method] ?? []) : []
  if (method !== 'tools/call') return { outcome: 'needs', scopes: byMethod }
  const byTool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (!byTool) return { outcome: 'no-such-tool', detail: `no rule for the tool ${name.slice(0, 100)}` }
  return { outcome: 'needs', scopes: [...new Set([...byMethod, ...byTool])].sort() }
}

/**
 * Why the headers of a request don't tell the truth about its body, in words; `undefined` when they do. An API that is guarded by
 * `McpRule` asks this before it does anything: else a header would open what the body then calls. Answer with 400 and a JSON-RPC
 * error of the code `mcpHeaderMismatch`.
 * @see Model Context Protocol 2026-07-28, Streamable HTTP, Server Validation
 */
export function checkMcpBody(
  header: McpHeaderReader,
  body: { readonly method: string; readonly params?: unknown },
): string | undefined {
  const call = readCall(header)
  if (typeof call === 'string') return call
  if (call.method !== body.method) return 'Mcp-Method differs from the body'
  const params: Readonly<Record<string, unknown>> =
    typeof body.params === 'object' && body.params !== null ? { ...body.params } : {}
  const member = nameMember(body.method)
  if (member !== undefined && call.name !== params[member]) return 'Mcp-Name differs from the body'
  const meta: unknown = params['_meta']
  const version: unknown =
    typeof meta === 'object' && meta !== null && Object.hasOwn(meta, versionMember)
      ? Reflect.get(meta, versionMember)
      : undefined
  if (version !== one(header('mcp-protocol-version'))) return 'MCP-Protocol-Version differs from the body'
  return undefined
}
