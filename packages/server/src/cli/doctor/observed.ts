/** An answer of the server that was asked, as far as it was read. Header names are lower-case. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The requests that a server is looked at with; `probes.ts` says what each is. */
export type ProbeName =
  | 'plain-http'
  | 'stranger'
  | 'authorize-preflight'
  | 'token-stranger'
  | 'token-preflight'
  | 'token-get'
  | 'token-broken'
  | 'introspect-unproven'
  | 'push-unproven'
  | 'good-request'
  | 'sign-in'
  | 'foreign-redirect'
  | 'longer-redirect'
  | 'plain-pkce'
  | 'no-pkce'
  | 'implicit'
  | 'unsigned-object'
  | 'resource'
  | 'resource-metadata'

/** What the connection itself showed. */
export interface ObservedTls {
  readonly protocol: string
  /** When the certificate ends; seconds. */
  readonly expiresAt: number | undefined
  /** Whether a handshake by TLS 1.0 or 1.1 was refused; `undefined` where this program could not try. */
  readonly refusesOld: boolean | undefined
}

/** A client whose id and redirect address the operator named; both are public. */
export interface NamedClient {
  readonly clientId: string
  readonly redirectUri: string
}

/** Everything that was seen of a server from outside. */
export interface Observed {
  readonly issuer: string
  /** Of this machine, in seconds, when the server was asked. */
  readonly now: number
  readonly metadata: Readonly<Record<string, unknown>>
  /** The key set; `undefined` where it could not be read. */
  readonly keys: readonly Readonly<Record<string, unknown>>[] | undefined
  readonly answers: Readonly<Partial<Record<ProbeName, Answer>>>
  readonly tls: ObservedTls | undefined
  readonly client: NamedClient | undefined
  /** The address of an API, where the operator named one. */
  readonly resource: string | undefined
  /** The client id of the probes. What goes on after it is a secret or a code, and must not come back. */
  readonly marker: string
}

/** A member of the metadata that is a list of texts; `undefined` where it is left out or something else. */
export function listOf(
  { metadata }: Pick<Observed, 'metadata'>,
  name: string,
): readonly string[] | undefined {
  const value = metadata[name]
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined
}

/** A member of the metadata that is text. */
export function textOf({ metadata }: Pick<Observed, 'metadata'>, name: string): string | undefined {
  const value = metadata[name]
  return typeof value === 'string' ? value : undefined
}

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Whether an address is of this machine alone. */
export function isLoopback(address: string): boolean {
  return URL.canParse(address) && loopback.has(new URL(address).hostname)
}

/** Where an answer sends the browser; `undefined` where it stays. */
export function targetOf({ status, headers }: Answer, base: string): URL | undefined {
  const { location } = headers
  if (status < 300 || status > 399 || location === undefined) return undefined
  return URL.canParse(location, base) ? new URL(location, base) : undefined
}

/** An answer in a few words. */
export function inWords(answer: Answer, base: string): string {
  const target = targetOf(answer, base)
  const error = errorOf(answer, base)
  const where = target
    ? ` to ${target.origin === 'null' ? target.protocol : target.origin}${target.pathname}`
    : ''
  return `${answer.status}${where}${error === undefined ? '' : ` with ${error}`}`
}

/** A parameter of the address that an answer leads to, in its query or, for answers of other response types, after the `#`. */
export function paramOf(answer: Answer, base: string, name: string): string | undefined {
  const target = targetOf(answer, base)
  if (!target) return undefined
  return target.searchParams.get(name) ?? new URLSearchParams(target.hash.slice(1)).get(name) ?? undefined
}

/** The OAuth error of an answer: in its body, or in the address that it leads to. */
export function errorOf(answer: Answer, base: string): string | undefined {
  const told = paramOf(answer, base, 'error')
  if (told) return told.slice(0, 80)
  return /"error"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,80})"/.exec(answer.body)?.[1]
}

/** Whether an authorization request was turned away: with a page of 4xx, or with an error at the client's own address. */
export function isRefused(answer: Answer, base: string): boolean {
  if (answer.status >= 400 && answer.status < 500) return true
  return paramOf(answer, base, 'error') !== undefined
}
