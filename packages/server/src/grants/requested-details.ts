import { type AuthorizationDetail, narrowDetails, parseDetails, ProtocolError } from '@sallyport/protocol'

/** Details as a token request may name them; left out: all that were granted. */
export type RequestedDetails = readonly AuthorizationDetail[] | undefined

function invalid(description: string): ProtocolError {
  return new ProtocolError('invalid_authorization_details', description)
}

/** The `authorization_details` of a token request. Refuses what can't be read, before anything is spent. @see RFC 9396 §6 */
export function requestedDetails(params: ReadonlyMap<string, string>): RequestedDetails {
  const text = params.get('authorization_details')
  const details = text === undefined ? undefined : parseDetails(text)
  if (text !== undefined && !details) throw invalid('authorization_details is malformed')
  return details
}

/** The details of the tokens to issue, within the grant. @see RFC 9396 §6.1 */
export function grantedDetails(
  granted: readonly AuthorizationDetail[],
  asked: RequestedDetails,
): readonly AuthorizationDetail[] {
  const details = narrowDetails(granted, asked)
  if (details) return details
  throw invalid('authorization_details exceed what was granted')
}
