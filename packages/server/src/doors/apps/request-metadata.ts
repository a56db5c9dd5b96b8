import { responseModeNames, signatureAlgorithms } from '@sallyport/protocol'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { resourceNames } from '../../settings/resources.ts'
import { pathOf } from './context.ts'
import { takesDetails } from './details.ts'
import { takesObjects } from './request-object.ts'
import { takesPushed } from './request-source.ts'
import { responseModesOf } from './respond.ts'

/**
 * What a door's authorization requests and responses can be; `signedBy` are the algorithms of its signed responses.
 * @see RFC 9126 §5, RFC 9101 §10.5, RFC 9396 §10, RFC 9728 §4, JARM §4
 */
export function requestMetadata(
  door: AppsDoor,
  baseUrl: string,
  signedBy: readonly string[],
): Readonly<Record<string, unknown>> {
  const modes = responseModesOf(door)
  const resources = [...resourceNames(door, baseUrl).keys()]
  return {
    response_modes_supported: responseModeNames(modes),
    ...(modes.some((mode) => mode.endsWith('.jwt')) && {
      authorization_signing_alg_values_supported: signedBy,
    }),
    ...(takesPushed(door) && {
      pushed_authorization_request_endpoint: baseUrl + pathOf({ door }, 'push'),
      require_pushed_authorization_requests: door.pushedRequests === 'required',
    }),
    ...(takesObjects(door) && {
      request_object_signing_alg_values_supported: door.signatureAlgorithms ?? signatureAlgorithms,
      require_signed_request_object: door.requestObjects === 'required',
    }),
    ...(takesDetails(door) && { authorization_details_types_supported: door.authorizationDetails }),
    ...(resources.length > 0 && { protected_resources: resources }),
  }
}
