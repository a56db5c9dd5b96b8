import type { IncomingMessage } from 'node:http'
import { expressGuard, expressMetadata, principalOf } from '@sallyport/guard/express'
import { decodeUtf8, parseJsonObject } from '@sallyport/protocol'
import express, { type NextFunction, type Request, type Response } from 'express'
import type { NodeCall, PlatformHost, Tables } from 'sallyport'
import { answer, only, refuse } from './answers.ts'
import { listItems, resources } from './items.ts'

const doors = ['osir', 'osir-oauth']
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

function fail(response: Response, id: Id | undefined, code: number, message: string): void {
  answer(response, code === -32700 || code === -32600 ? 400 : 200, {
    jsonrpc: '2.0',
    id: id ?? null,
    error: { code, message },
  })
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
      return { tools: tools.map(({ resource: _resource, ...tool }) => tool) }
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
    if (message === 'unreadable') return fail(response, undefined, -32700, 'not a JSON object')
    if (message === 'invalid') return fail(response, undefined, -32600, 'not a JSON-RPC 2.0 request')
    const { id, method, params } = message
    if (id === undefined) return void response.status(202).end()
    if (method !== 'tools/call') {
      const result = plainResult(message)
      if (!result) return fail(response, id, -32601, 'no such method')
      return void answer(response, 200, { jsonrpc: '2.0', id, result })
    }
    const tool = tools.find(({ name }) => name === params['name'])
    if (!tool) return fail(response, id, -32602, 'no such tool')
    called.set(request, { id, resource: tool.resource })
    next()
  }

  async function callTool(request: Request, response: Response): Promise<void> {
    const { id, resource: asked } = called.get(request) ?? { id: null, resource: '' }
    const items = await listItems(tables, principalOf(request), asked)
    const result = { content: [{ type: 'text', text: JSON.stringify(items) }], isError: false }
    answer(response, 200, { jsonrpc: '2.0', id, result })
  }

  router.use(expressMetadata(guard))
  router.post(
    '/mcp',
    protect({ doors, limits: ['osir-api'] }),
    read,
    // The scope depends on the tool; one that is missing is told as HTTP tells it, with its challenge.
    (request, response, next) =>
      protect({ doors, scopes: [`${called.get(request)?.resource}:read`] })(request, response, next),
    callTool,
  )
  router.all('/mcp', protect({ doors }), only('POST'))
  return router
}
