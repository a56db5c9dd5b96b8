/** Every error this server can put on the wire, with its status. Nobody writes a number elsewhere. */
const table = {
  // RFC 6749 §4.1.2.1 and §5.2
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  access_denied: 403,
  // RFC 9449 §5, §8; the guard tells them in a challenge, with 401
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  // RFC 8628 §3.5
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  // OpenID CIBA Core §13
  invalid_binding_message: 400,
  // RFC 7009 §2.2.1
  unsupported_token_type: 400,
  // RFC 7591 §3.2.2
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  // RFC 6750 §3.1
  invalid_token: 401,
  insufficient_scope: 403,
  // OpenID Connect Core §3.1.2.6
  login_required: 400,
  consent_required: 400,
  interaction_required: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  // OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2
  unmet_authentication_requirements: 400,
  // RFC 9396 §5
  invalid_authorization_details: 400,
  // RFC 8707 §2, RFC 8693 §2.2.2
  invalid_target: 400,
  // RFC 9101 §6, §7
  invalid_request_uri: 400,
  invalid_request_object: 400,
  // RFC 9470 §3
  insufficient_user_authentication: 401,
  // the people door
  no_active_account: 401,
  token_not_valid: 401,
  not_authenticated: 401,
  field_errors: 400,
  // everywhere
  forbidden: 403,
  origin_not_allowed: 403,
  csrf: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected: 421,
  rate_limited: 429,
  request_header_fields_too_large: 431,
  server_error: 500,
  not_implemented: 501,
  unavailable: 503,
} as const

/** The name of an error; on most doors also the `error` member of the reply. */
export type ErrorCode = keyof typeof table

/** The HTTP status of an error code. @see RFC 6749 §5.2, RFC 6750 §3.1 */
export function statusOf(code: ErrorCode): number {
  return table[code]
}

/** What a refusal may carry besides its code and public description. */
export interface ProtocolErrorOptions {
  /** For the log only: it may say which check failed. */
  readonly detail?: string
  readonly cause?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Whole seconds, for `Retry-After`. */
  readonly retryAfter?: number
  /** Messages by member name; the people door answers them as they are. */
  readonly fields?: Readonly<Record<string, readonly string[]>>
}

/** A request that must be refused. Thrown by grants, checks and doors; worded once, by a door. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode
  readonly status: number
  readonly detail: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly retryAfter: number | undefined
  readonly fields: Readonly<Record<string, readonly string[]>> | undefined

  /** @param description Sent to the caller; the same for every reason an attacker could probe. */
  constructor(code: ErrorCode, description: string, options: ProtocolErrorOptions = {}) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = table[code]
    this.detail = options.detail
    this.headers = options.headers ?? {}
    this.retryAfter = options.retryAfter
    this.fields = options.fields
  }

  /** The same refusal with more headers. */
  withHeaders(more: Readonly<Record<string, string>>): ProtocolError {
    const { code, message, detail, cause, headers, retryAfter, fields } = this
    return new ProtocolError(code, message, {
      headers: { ...headers, ...more },
      ...(cause !== undefined && { cause }),
      ...(detail !== undefined && { detail }),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(fields && { fields }),
    })
  }
}
