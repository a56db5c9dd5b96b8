import { type FormResult, parseForm, parseJsonObject, ProtocolError } from '@sallyport/protocol'
import { oneHeader, type Request } from './door.ts'

/** The media type of a request, lower-case, without parameters; empty text when there is none. */
export function mediaType(request: Request): string {
  return (oneHeader(request, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function unsupported(expected: string): ProtocolError {
  return new ProtocolError('unsupported_media_type', `Content-Type must be ${expected}`)
}

/** The members of a JSON object body. Throws where it is not one, by the strict rules of `parseJsonObject`. */
export function readJson(request: Request): Readonly<Record<string, unknown>> {
  if (mediaType(request) !== 'application/json') throw unsupported('application/json')
  const parsed = parseJsonObject(request.body)
  if (parsed.outcome === 'ok') return parsed.value
  throw new ProtocolError('invalid_request', parsed.description)
}

/** The parameters of a form body. @see RFC 6749 §3.2: a repeated parameter is an error, an empty one is omitted */
export function readForm(request: Request): ReadonlyMap<string, string> {
  return readFormAndLists(request).params
}

/** The same, and apart from them what may come several times. */
export function readFormAndLists(
  request: Request,
  repeatable: readonly string[] = [],
): Extract<FormResult, { outcome: 'ok' }> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded')
    throw unsupported('application/x-www-form-urlencoded')
  const parsed = parseForm(request.body, repeatable)
  if (parsed.outcome === 'ok') return parsed
  throw new ProtocolError('invalid_request', parsed.description)
}

/** JSON or form, for the doors that take both: every member of the JSON object as it is, every form value as text. */
export function readJsonOrForm(request: Request): Readonly<Record<string, unknown>> {
  if (mediaType(request) === 'application/x-www-form-urlencoded') return Object.fromEntries(readForm(request))
  return readJson(request)
}
