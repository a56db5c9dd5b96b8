import type { IncomingMessage } from 'node:http'
import { expressGuard, principalOf } from '@sallyport/guard/express'
import { decodeUtf8, parseJsonObject } from '@sallyport/protocol'
import express, { type Request, type Response } from 'express'
import type { NodeCall, PlatformHost, Tables } from 'sallyport'
import { answer, only, refuse, refuseThrown } from './answers.ts'
import { listItems, resources } from './items.ts'
import { osirMcp } from './mcp.ts'

const doors = ['osir', 'osir-oauth']
const limits = ['osir-api']

/** The name in a posted body, or the refusal that was sent. */
function readName(request: Request & NodeCall, response: Response): string | undefined {
  if (!request.is('application/json')) {
    refuse(response, 415, 'unsupported_media_type', 'Content-Type must be application/json')
    return undefined
  }
  const body = decodeUtf8(request.rawBody ?? new Uint8Array())
  if (body === undefined) {
    refuse(response, 400, 'invalid_request', 'body is not UTF-8')
    return undefined
  }
  const parsed = parseJsonObject(body)
  const name = parsed.outcome === 'ok' ? parsed.value['name'] : undefined
  if (parsed.outcome === 'refuse') refuse(response, 400, 'invalid_request', parsed.description)
  else if (typeof name === 'string' && name.trim() !== '' && name.length <= 253) return name.trim()
  else refuse(response, 400, 'invalid_request', 'name must be text of 1 to 253 characters')
  return undefined
}

/** OSIR's API as an Express app behind the guard. */
export function osirApp(
  tables: Tables,
  host: Pick<PlatformHost, 'baseUrl' | 'guard' | 'newId' | 'now' | 'report'>,
): express.Express {
  const ipOf = (request: IncomingMessage & NodeCall) => request.sallyport?.ip ?? ''
  const protect = expressGuard(host.guard({ shape: 'message', onTwo: 'reject' }), { ipOf })
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple')
  app.enable('case sensitive routing')

  for (const resource of resources) {
    const path = `/v1/${resource}`
    app.get(path, protect({ doors, scopes: [`${resource}:read`], limits }), async (request, response) => {
      const principal = principalOf(request)
      const data = await listItems(tables, principal, resource)
      answer(response, 200, { data, environment: principal.environment })
    })
    app.post(path, protect({ doors, scopes: [`${resource}:write`], limits }), async (request, response) => {
      const { team, environment } = principalOf(request)
      const name = readName(request, response)
      if (name === undefined) return
      const id = host.newId('item_')
      await tables.write(
        'INSERT INTO osir_item (item_id, team_id, environment, resource, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
        [id, team?.id ?? '', environment, resource, name, host.now()],
      )
      answer(response, 201, { id, name, environment })
    })
    app.all(path, protect({ doors }), only('GET', 'POST'))
  }

  // Moves a real domain, so only a live credential may, and not often.
  app.post(
    '/v1/domains/:name/transfer',
    protect({ doors, scopes: ['domains:write'], environment: 'live', limits: ['osir-api', 'osir-transfer'] }),
    async (request, response) => {
      const { team } = principalOf(request)
      const [found] = await tables.query(
        `SELECT item_id FROM osir_item WHERE team_id = $1 AND environment = 'live' AND resource = 'domains' AND name = $2`,
        [team?.id ?? '', String(request.params['name'])],
      )
      if (!found) return refuse(response, 404, 'not_found', 'No such domain')
      return answer(response, 202, { name: request.params['name'], status: 'pending' })
    },
  )
  app.all('/v1/domains/:name/transfer', protect({ doors }), only('POST'))

  app.use(osirMcp(tables, host))

  // Whoever is not let in learns nothing of which paths there are.
  app.use(protect({ doors }), (_request: Request, response: Response) => {
    refuse(response, 404, 'not_found', 'No such resource')
  })
  app.use(refuseThrown(host.report))
  return app
}
