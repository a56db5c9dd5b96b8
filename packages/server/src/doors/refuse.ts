import type { ProtocolError, Shape } from '@sallyport/protocol'
import type { Reply } from './door.ts'

const base = { 'cache-control': 'no-store', pragma: 'no-cache' }

function headersOf(error: ProtocolError): Record<string, string> {
  return {
    ...base,
    ...(error.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(error.retryAfter !== undefined && { 'retry-after': String(error.retryAfter) }),
    ...error.headers,
  }
}

/** RFC 6749 §5.2: `{error, error_description}`. */
export function refuseOauth(error: ProtocolError): Reply {
  const headers = headersOf(error)
  return { status: error.status, headers, body: { error: error.code, error_description: error.message } }
}

/** The same at a token endpoint, where that the person declined is a 400 as everything else. @see RFC 6749 §5.2, RFC 8628 §3.5 */
export function refuseToken(error: ProtocolError): Reply {
  const reply = refuseOauth(error)
  return error.code === 'access_denied' ? { ...reply, status: 400 } : reply
}

/** `{field: [messages]}` for field errors, else `{detail, code?}`. */
export function refuseDetail(error: ProtocolError): Reply {
  const { status, fields, code, message, retryAfter } = error
  const body = fields ?? {
    detail: message,
    ...(['token_not_valid', 'invalid_client', 'invalid_grant'].includes(code) && { code }),
    ...(retryAfter !== undefined && { available_in: retryAfter }),
  }
  return { status, headers: headersOf(error), body }
}

const words: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  429: 'rate_limit_exceeded',
}
const sentences: Readonly<Record<number, string>> = {
  401: 'Invalid or missing API key',
  403: 'Insufficient permissions for this action',
}

/** `{error, message}`, with the fixed words for 401 and 403. */
export function refuseMessage(error: ProtocolError): Reply {
  const { status, code, message, retryAfter } = error
  const body = {
    error: words[status] ?? code,
    message:
      sentences[status] ??
      (retryAfter === undefined ? message : `Too many requests. Please retry after ${retryAfter} seconds.`),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
  }
  return { status, headers: headersOf(error), body }
}

/** The wording of a shape. */
export function refuseIn(shape: Shape): (error: ProtocolError) => Reply {
  switch (shape) {
    case 'oauth':
      return refuseOauth
    case 'detail':
      return refuseDetail
    case 'message':
      return refuseMessage
  }
}
