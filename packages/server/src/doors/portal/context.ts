import type { AccountContext } from '../../accounts/context.ts'
import type { KeysDoor, PeopleDoor, Window } from '../../settings/door.ts'
import type { Request } from '../door.ts'
import { auditEvent, type Services } from '../services.ts'

/** The id under which the portal's own doings are recorded. */
export const portalId = 'portal'

/** What the portal's pages share. */
export interface PortalContext {
  readonly services: Services
  /** Where people sign up; `undefined` where they can't. */
  readonly people: PeopleDoor | undefined
  /** Whose keys the account page manages; `undefined`: none. */
  readonly keys: KeysDoor | undefined
  readonly attempts: Window
}

/** What an account function needs, for one request. */
export function accountContext(request: Request, { services }: PortalContext): AccountContext {
  const { store, passwords } = services
  return { store, passwords, now: services.now(), event: auditEvent(request, portalId) }
}
