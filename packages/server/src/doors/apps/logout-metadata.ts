import type { AppsDoor } from '../../settings/apps-door.ts'
import { pathOf } from './context.ts'

/** What a door's apps can do about logout, as it goes into discovery. @see OpenID RP-Initiated Logout §2.1, Back-Channel Logout §2.1, Front-Channel Logout §3, Session Management §3.3 */
export function logoutEndpoints(door: AppsDoor, baseUrl: string): Readonly<Record<string, unknown>> {
  if (!door.logout) return {}
  return {
    end_session_endpoint: baseUrl + pathOf({ door }, 'endSession'),
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    ...(door.logout.sessionManagement && {
      check_session_iframe: baseUrl + pathOf({ door }, 'checkSession'),
    }),
  }
}
