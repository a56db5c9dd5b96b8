import type { Readable } from 'node:stream'
import type { ProtocolError } from '@sallyport/protocol'

/** The methods an endpoint can answer. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** A request, reduced to what endpoints read. Headers keep their repetitions: a repeated Origin must be seen as such. */
export interface Request {
  readonly method: string
  /** As it came, undecoded, without the query. */
  readonly path: string
  /** As it came, without the question mark. */
  readonly search: string
  /** Every value of a header, in order; empty when absent. Names are lower-case. */
  header(name: string): readonly string[]
  readonly body: string
  /** The caller's address, after the configured number of trusted proxies. */
  readonly ip: string
  readonly host: string
  readonly requestId: string
  /** Values of the `{name}` segments of the endpoint's path. */
  readonly params: Readonly<Record<string, string>>
}

/** A reply, before it is written to a socket. An object body is sent as JSON, a stream as it comes. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | object | Readable
}

/** What answers one method of an endpoint. */
export type Handler = (request: Request) => Promise<Reply> | Reply

/** One address. It translates: wire format in, one call to a grant, a check or an account function, wire format out. */
export interface Endpoint {
  /** Such as `/api/agents/{slug}/appearance`; a trailing slash makes no difference. One that ends in `/*` is all that is below. */
  readonly path: string
  readonly methods: Readonly<Partial<Record<Method, Handler>>>
  /** Words this endpoint's refusals where they differ from the door's: pages, mostly. */
  readonly refuse?: (error: ProtocolError, request: Request) => Reply
  /** Takes no credential, so that a probe may ask it past the proxy that speaks TLS. */
  readonly plainHttp?: true
}

/** One way in, with its own wire format. Adding a door is one folder and one line in `index.ts`. */
export interface Door {
  readonly id: string
  /** Paths below which an unknown address is answered in this door's words. */
  readonly prefixes: readonly string[]
  readonly hosts?: readonly string[]
  readonly endpoints: readonly Endpoint[]
  /** How this door words a refusal. */
  refuse(error: ProtocolError, request: Request): Reply
}

/** The single value of a header; `undefined` when it is absent or repeated. */
export function oneHeader(request: Pick<Request, 'header'>, name: string): string | undefined {
  const values = request.header(name)
  return values.length === 1 ? values[0] : undefined
}
