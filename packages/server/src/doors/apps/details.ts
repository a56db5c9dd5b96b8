import type { AuthorizationDetail } from '@sallyport/protocol'
import type { AppsDoor } from '../../settings/door.ts'
import type { AppsContext } from './context.ts'

/** Whether a door takes authorization details. */
export function takesDetails({ authorizationDetails = [] }: AppsDoor): boolean {
  return authorizationDetails.length > 0
}

/** Details as their types know them; `undefined` when one does not fit its type. @see RFC 9396 §5 */
export function readByType(
  details: readonly AuthorizationDetail[],
  { services }: Pick<AppsContext, 'services'>,
): readonly AuthorizationDetail[] | undefined {
  const read = details.map((detail) => services.detailTypes.get(detail.type)?.read(detail))
  const known = read.filter((one) => one !== undefined)
  return known.length === details.length ? known : undefined
}
