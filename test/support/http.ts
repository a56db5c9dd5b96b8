import { type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** An answer, read whole. `json` is `undefined` where the body is not JSON. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: Record<string, unknown> & { readonly [name: string]: unknown }
}

/** What to send. A header given as a list is sent several times. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  readonly bearer?: string
  /** The loopback address to send from. */
  readonly from?: string
  /** The certificate to show over https. */
  readonly by?: { readonly cert: string; readonly key: string }
}

function bodyOf({ body, json, form }: Ask): {
  readonly body: string | Uint8Array | undefined
  readonly type: string | undefined
} {
  if (json !== undefined) return { body: JSON.stringify(json), type: 'application/json' }
  if (form !== undefined)
    return {
      body: new URLSearchParams(form as Record<string, string>).toString(),
      type: 'application/x-www-form-urlencoded',
    }
  return { body, type: undefined }
}

/** One request over a real connection, with nothing followed, joined or repaired. */
export function send(url: string, ask: Ask = {}): Promise<Answer> {
  const { body: sent, type } = bodyOf(ask)
  const headers: [string, string | readonly string[]][] = Object.entries(ask.headers ?? {})
  if (type !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type'))
    headers.push(['Content-Type', type])
  if (ask.bearer !== undefined) headers.push(['Authorization', `Bearer ${ask.bearer}`])
  const method = ask.method ?? (sent === undefined ? 'GET' : 'POST')
  const options = {
    method,
    agent: false,
    ...(ask.from !== undefined && { localAddress: ask.from }),
    ...(ask.by && { cert: ask.by.cert, key: ask.by.key }),
  }
  const httpOrHttps = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = httpOrHttps(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: body,
          json: parse(body),
        })
      })
    })
    request.on('error', reject)
    for (const [name, value] of headers) request.setHeader(name, value)
    if (sent !== undefined) request.setHeader('Content-Length', Buffer.byteLength(sent))
    request.end(sent)
  })
}

function parse(body: string): Answer['json'] {
  try {
    return JSON.parse(body)
  } catch {
    // Not JSON: a test that expects JSON looks at a member and fails there.
    return {}
  }
}

/** The text of a JSON member; fails the test where it is none. */
export function text(answer: Answer, member: string): string {
  const value = answer.json[member]
  if (typeof value === 'string') return value
  throw new Error(`${member} is ${JSON.stringify(value)} in ${answer.status} ${answer.text.slice(0, 400)}`)
}
