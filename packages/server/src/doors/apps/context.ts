import type { DpopNonces, Guard } from '@sallyport/guard'
import type { AppsDoor, GrantEndpoint } from '../../settings/apps-door.ts'
import type { Services } from '../services.ts'

/** What the endpoints of one apps door share. */
export interface AppsContext {
  readonly door: AppsDoor
  readonly services: Services
  readonly guard: Guard
  /** Nonces for proofs, at a door that asks for them. */
  readonly nonces: DpopNonces | undefined
}

/** Endpoints of grants, where the settings name none. */
const grantEndpoints: Readonly<Record<GrantEndpoint, string>> = {
  deviceAuthorization: 'device_authorization',
  backchannelAuthentication: 'backchannel_authentication',
}

const usualEndpoints = { push: 'par', endSession: 'logout', checkSession: 'check_session' }

/** The address path of one of the door's endpoints. */
export function pathOf(
  { door }: Pick<AppsContext, 'door'>,
  endpoint: keyof AppsDoor['endpoints'] | GrantEndpoint,
): string {
  return `${door.path}/${{ ...usualEndpoints, ...grantEndpoints, ...door.endpoints }[endpoint]}`
}

/** Headers of every answer that holds tokens. @see RFC 6749 §5.1 */
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }
