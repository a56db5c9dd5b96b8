import { Agent, request as httpRequest } from 'node:http'
import type { Answer } from '../support/http.ts'

/** Names with values, in order; a name may come twice. */
export type Pairs = readonly (readonly [name: string, value: string])[]

/** One request, before it is bytes. */
export interface Knock {
  readonly method: string
  /** Percent-encoded where it has to be; without the query. */
  readonly path: string
  readonly query?: Pairs
  readonly form?: Pairs
  readonly json?: unknown
  /** A body as it is. */
  readonly body?: string | Uint8Array
  readonly type?: string
  readonly headers?: Pairs
}

/** Milliseconds of silence after which a server is taken to have forgotten a request. */
const longest = 20_000
const agent = new Agent({ keepAlive: true, maxSockets: 4 })

/** As a query or a form has them. */
export const encoded = (pairs: Pairs): string =>
  new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString()

function bodyOf({ form, json, body, type }: Knock): { readonly bytes?: Buffer; readonly type?: string } {
  const said = type === undefined ? {} : { type }
  if (json !== undefined)
    return { bytes: Buffer.from(JSON.stringify(json)), type: 'application/json', ...said }
  if (form !== undefined)
    return { bytes: Buffer.from(encoded(form)), type: 'application/x-www-form-urlencoded', ...said }
  return body === undefined ? said : { bytes: Buffer.from(body as string), ...said }
}

/** The path with its query. */
export const targetOf = ({ path, query = [] }: Knock): string =>
  query.length === 0 ? path : `${path}?${encoded(query)}`

/** All headers, by lower-case name. */
function headersOf(knock: Knock): Record<string, string | string[]> {
  const { bytes, type } = bodyOf(knock)
  const all: Record<string, string[]> = {}
  for (const [name, value] of knock.headers ?? []) (all[name.toLowerCase()] ??= []).push(value)
  if (type !== undefined) all['content-type'] ??= [type]
  if (bytes) all['content-length'] = [String(bytes.length)]
  // Node refuses lists of these; what is sent twice of the others goes twice.
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

/** Sends it, follows nothing, and reads the answer; of a stream without an end the head alone. */
export function knockAt(base: string, knock: Knock): Promise<Answer> {
  const { hostname, port } = new URL(base)
  const options = {
    agent,
    hostname,
    port,
    method: knock.method,
    path: targetOf(knock),
    headers: headersOf(knock),
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, (response) => {
      const { statusCode: status = 0, headers } = response
      const chunks: Buffer[] = []
      const done = () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status, headers, text, json: parsed(text) })
      }
      if (/event-stream/.test(headers['content-type'] ?? '')) return void (done(), response.destroy())
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', done)
      response.on('error', reject)
    })
    request.on('error', reject)
    request.setTimeout(longest, () => request.destroy(new Error('no answer')))
    request.end(bodyOf(knock).bytes)
  })
}

function parsed(text: string): Answer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer['json']) : {}
  } catch {
    // Not JSON: whoever expects it looks at the content type.
    return {}
  }
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

function headerTexts([name, value]: Pairs[number]): readonly string[] {
  if (name.toLowerCase() === 'cookie') return value.split(/; */).map((one) => one.slice(one.indexOf('=') + 1))
  const [scheme = '', ...rest] = value.split(' ')
  const word = rest.join(' ').trim()
  if (/^basic$/i.test(scheme)) return Buffer.from(word, 'base64').toString().split(':').map(decoded)
  return [value, word]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded: it stands for itself.
    return text
  }
}

/** Every text that a request has in it, as its reader would see it. */
export function textsOf({ path, query = [], form = [], json, headers = [] }: Knock): ReadonlySet<string> {
  return new Set([
    ...path.split('/').map(decoded),
    ...[...query, ...form].map(([, value]) => value),
    ...textsIn(json),
    ...headers.flatMap(headerTexts),
  ])
}
