import type { IncomingMessage } from 'node:http'
import { checkMcpBody, hasMcpHeaders, mcpHeaderMismatch } from '@sallyport/guard'
import { expressGuard, expressMetadata, principalOf, rawHeaderReader } from '@sallyport/guard/express'
import { decodeUtf8, parseJsonObject } from '@sallyport/protocol'
import express, { type NextFunction, type Request, type Response } from 'express'
import type { NodeCall, PlatformHost, Tables } from 'sallyport'
import { answer, only, refuse } from './answers.ts'
import { listItems, resources } from './items.ts'

const doors = ['osir', 'osir-oauth']
/** Of this one each request says what it is; those before it begin with `initialize`. */
const current = '2026-07-28'
const versions = ['2025-11-25', '2025-06-18', '2025-03-26']

type Id = string | number
type Params = Readonly<Record<string, unknown>>

/** A JSON-RPC message that asks for something; one without `id` is only told. @see JSON-RPC 2.0 §4 */
interface Message {
  readonly id: Id | undefined
  readonly method: string
  readonly params: Params
}

const tools = resources.map((resource) => ({
  name: `list_${resource}`,
  description: `Lists the ${resource} of your team.`,
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
  resource,
}))
const listedTools = tools.map(({ resource: _resource, ...tool }) => tool)
const toolScopes = Object.fromEntries(tools.map(({ name, resource }) => [name, [`${resource}:read`]]))
/** What can be kept of an answer, and by whom: tools are the same for everybody until the program changes. */
const cacheable = { ttlMs: 300_000, cacheScope: 'public' }

/** A JSON-RPC error; `status` where HTTP tells it too. */
interface Fault {
  readonly code: number
  readonly message: string
  readonly status?: number
  readonly data?: object
}

function fail(response: Response, id: Id | undefined, { code, message, status = 200, data }: Fault): void {
  const error = { code, message, ...(data && { data }) }
  answer(response, status, { jsonrpc: '2.0', id: id ?? null, error })
}

const isObject = (value: unknown): value is Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readMessage({ rawBody }: NodeCall): Message | 'unreadable' | 'invalid' {
  const body = decodeUtf8(rawBody ?? new Uint8Array())
  const parsed = body === undefined ? undefined : parseJsonObject(body)
  if (parsed?.outcome !== 'ok') return 'unreadable'
  const { jsonrpc, id, method, params = {} } = parsed.value
  const isId = id === undefined || typeof id === 'string' || typeof id === 'number'
  if (jsonrpc !== '2.0' || typeof method !== 'string' || !isId || !isObject(params)) return 'invalid'
  return { id, method, params }
}

const isModern = (request: Request) => hasMcpHeaders(rawHeaderReader(request))

/** What is asked before the body is read. */
function firstRule(request: Request) {
  const mcp = isModern(request) ? { mcp: { tools: toolScopes } } : {}
  return { doors, limits: ['osir-api'], ...mcp }
}

/** Why a message of the current version can't be answered: its headers speak of another body, or it is of a version that nobody knows. */
function faultOf(request: Request, message: Message): Fault | undefined {
  const header = rawHeaderReader(request)
  const fault = checkMcpBody(header, message)
  if (fault !== undefined)
    return { status: 400, code: mcpHeaderMismatch, message: `Header mismatch: ${fault}` }
  const [requested] = header('mcp-protocol-version')
  if (requested === current) return undefined
  const data = { supported: [current, ...versions], requested }
  return { status: 400, code: -32022, message: 'Unsupported protocol version', data }
}

/** The same for the version in which nothing goes before the question. @see Model Context Protocol 2026-07-28, Versioning */
function modernResult({ method }: Message): object | undefined {
  const resultType = 'complete'
  const meta = { 'io.modelcontextprotocol/serverInfo': { name: 'osir', version: '1.0.0' } }
  switch (method) {
    case 'server/discover':
      return {
        resultType,
        _meta: meta,
        supportedVersions: [current, ...versions],
        capabilities: { tools: {} },
        ...cacheable,
      }
    case 'tools/list':
      return { resultType, _meta: meta, ...cacheable, tools: listedTools }
    default:
      return undefined
  }
}

/** The answers that need nothing but the question. @see Model Context Protocol 2025-06-18, Lifecycle, Tools */
function plainResult({ method, params }: Message): object | undefined {
  switch (method) {
    case 'initialize': {
      const asked = versions.find((version) => version === params['protocolVersion'])
      return {
        protocolVersion: asked ?? versions[0],
        capabilities: { tools: {} },
        serverInfo: { name: 'osir', version: '1.0.0' },
      }
    }
    case 'ping':
      return {}
    case 'tools/list':
      return { tools: listedTools }
    default:
      return undefined
  }
}

/**
 * OSIR's resources for MCP clients, over Streamable HTTP without a session. It stands for itself as a protected resource: a
 * client that comes without a token is told where to read which authorization server to ask.
 * @see RFC 9728 §5, Model Context Protocol 2025-06-18, Authorization
 */
export function osirMcp(tables: Tables, host: Pick<PlatformHost, 'guard' | 'baseUrl'>): express.Router {
  const resource = { url: `${host.baseUrl}/mcp`, doors: ['osir-oauth'], name: 'OSIR' }
  const guard = host.guard({ shape: 'message', resource })
  const protect = expressGuard(guard, {
    ipOf: (request: IncomingMessage & NodeCall) => request.sallyport?.ip ?? '',
  })
  const router = express.Router({ caseSensitive: true })
  const called = new WeakMap<Request, { readonly id: Id; readonly resource: string }>()

  /** Answers a message itself, or leaves it to the tool that it calls. */
  function read(request: Request & NodeCall, response: Response, next: NextFunction): void {
    // A page that some name was made to point here may not speak for its visitor. @see Streamable HTTP, Security Warning
    const { origin } = request.headers
    if (origin !== undefined && origin !== host.baseUrl)
      return void refuse(response, 403, 'forbidden', 'Not from this origin')
    const message = readMessage(request)
    if (message === 'unreadable')
      return fail(response, undefined, { status: 400, code: -32700, message: 'not a JSON object' })
    if (message === 'invalid')
      return fail(response, undefined, { status: 400, code: -32600, message: 'not a JSON-RPC 2.0 request' })
    const modern = isModern(request)
    const { id, method, params } = message
    const fault = modern ? faultOf(request, message) : undefined
    if (fault) return fail(response, id, fault)
    if (id === undefined) return void response.status(202).end()
    if (method !== 'tools/call') {
      const result = modern ? modernResult(message) : plainResult(message)
      if (!result)
        return fail(response, id, { status: modern ? 404 : 200, code: -32601, message: 'no such method' })
      return void answer(response, 200, { jsonrpc: '2.0', id, result })
    }
    const tool = tools.find(({ name }) => name === params['name'])
    if (!tool) return fail(response, id, { code: -32602, message: 'no such tool' })
    called.set(request, { id, resource: tool.resource })
    next()
  }

  async function callTool(request: Request, response: Response): Promise<void> {
    const { id, resource: asked } = called.get(request) ?? { id: null, resource: '' }
    const items = await listItems(tables, principalOf(request), asked)
    const content = [{ type: 'text', text: JSON.stringify(items) }]
    const modern = isModern(request)
    const result = { ...(modern && { resultType: 'complete' }), content, isError: false }
    answer(response, 200, { jsonrpc: '2.0', id, result })
  }

  router.use(expressMetadata(guard))
  router.post(
    '/mcp',
    // Of a version with headers the tool is decided before the body is looked at; of those before it, after.
    (request, response, next) => protect(firstRule(request))(request, response, next),
    read,
    // The scope depends on the tool; one that is missing is told as HTTP tells it, with its challenge.
    (request, response, next) =>
      protect({ doors, scopes: [`${called.get(request)?.resource}:read`] })(request, response, next),
    callTool,
  )
  router.all('/mcp', protect({ doors }), only('POST'))
  return router
}
