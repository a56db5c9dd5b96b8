import type { AuthorizationDetail, Resources } from '@sallyport/protocol'
import type { ConsentModel } from '../../pages/index.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { resourceNames } from '../../settings/resources.ts'
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

/** What people are told of details, in the words of their types. @see RFC 9396 §2.2 */
export function detailWords(
  details: readonly AuthorizationDetail[],
  { detailTypes }: Pick<AppsContext['services'], 'detailTypes'>,
): readonly string[] {
  return details.map((detail) => detailTypes.get(detail.type)?.words(detail) ?? detail.type)
}

/** What people are told of the resources that a request is limited to. @see RFC 8707 §2 */
export function resourceWords(
  resources: Resources,
  { door, services }: Pick<AppsContext, 'door' | 'services'>,
): NonNullable<ConsentModel['resources']> {
  const names = resourceNames(door, services.baseUrl)
  return resources.map((identifier) => ({ identifier, name: names.get(identifier) ?? identifier }))
}
