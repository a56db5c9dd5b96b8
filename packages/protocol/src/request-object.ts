import type { CompactJws } from './jws.ts'

/** What a request object has to be from and for. */
export interface RequestObjectExpectation {
  readonly clientId: string
  readonly issuer: string
  readonly now: number
}

/** The parameters in a request object, or why it is none. `detail` is for the log. */
export type RequestObjectRead =
  | {
      readonly outcome: 'ok'
      readonly params: ReadonlyMap<string, string>
      readonly emptied: readonly string[]
      readonly resources: readonly string[]
    }
  | { readonly outcome: 'refuse'; readonly detail: string }

const types = ['oauth-authz-req+jwt', 'jwt']
/** Claims about the object itself, which are no parameters. */
const aboutIt = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub']
const clockSkew = 60

const refuse = (detail: string): RequestObjectRead => ({ outcome: 'refuse', detail })
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

function isFor(aud: unknown, issuer: string): boolean {
  return aud === issuer || (isTexts(aud) && aud.includes(issuer))
}

/** What is wrong with an object as a whole; `undefined` when it may be read. */
function checkClaims(
  { header, payload }: CompactJws,
  { clientId, issuer, now }: RequestObjectExpectation,
): string | undefined {
  const { iss, aud, exp, iat, nbf, sub, client_id: named } = payload
  const { typ = 'jwt' } = header
  if (typeof typ !== 'string' || !types.includes(typ.toLowerCase().replace(/^application\//, '')))
    return 'of another type'
  if (named !== clientId) return 'client_id is not that of the request'
  if (iss !== undefined && iss !== clientId) return 'iss is not the client'
  // Without it an object for another server could be sent here.
  if (!isFor(aud, issuer)) return 'aud is not the issuer'
  // RFC 9101 §10.8: a statement by which the client proves itself is no request.
  if (sub === clientId) return 'sub is the client'
  if (exp !== undefined && (typeof exp !== 'number' || exp <= now)) return 'expired'
  // FAPI 2.0 Security Profile §5.3.2.1 item 13: a clock may be a little ahead, and not more than a minute.
  for (const moment of [iat, nbf])
    if (moment !== undefined && (typeof moment !== 'number' || moment > now + clockSkew))
      return 'not valid yet'
  if ('request' in payload || 'request_uri' in payload) return 'a request object in a request object'
  return undefined
}

/** A claim as the parameter that it stands for; `undefined` when it can stand for none. @see RFC 9101 §4 */
function parameterOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? undefined : value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined
}

/**
 * Reads the parameters of a request object whose signature is the client's. Only these count: what stands beside it in the
 * address could be anybody's.
 * @see RFC 9101 §4, §5, §6.3, §10.8
 */
export function readRequestObject(jws: CompactJws, expected: RequestObjectExpectation): RequestObjectRead {
  const wrong = checkClaims(jws, expected)
  if (wrong !== undefined) return refuse(wrong)
  const { resource, ...claims } = jws.payload
  const resources = resource === undefined ? [] : typeof resource === 'string' ? [resource] : resource
  if (!isTexts(resources)) return refuse('resource is no text and no list of texts')
  const all: [string, string][] = []
  for (const [name, value] of Object.entries(claims)) {
    if (aboutIt.includes(name)) continue
    const parameter = parameterOf(value)
    if (parameter === undefined) return refuse('a claim that can’t be a parameter')
    all.push([name, parameter])
  }
  const emptied = all.filter(([, value]) => value === '').map(([name]) => name)
  return { outcome: 'ok', params: new Map(all.filter(([, value]) => value !== '')), emptied, resources }
}
