import type { Door } from '../door.ts'
import { refuseAsPage } from '../page.ts'
import type { Services } from '../services.ts'
import {
  accountEndpoint,
  createKeyEndpoint,
  disconnectEndpoint,
  revokeKeyEndpoint,
  signOutEndpoint,
} from './account.ts'
import { type PortalContext, portalId } from './context.ts'
import { signInEndpoint } from './sign-in.ts'
import { signUpEndpoint } from './sign-up.ts'

/** The pages where people sign in and see what they gave away. */
export function portalDoor(services: Services): Door {
  const people = services.doors.find((door) => door.kind === 'people')
  const keys = services.doors.find((door) => door.kind === 'keys' && door.sessionTokens !== undefined)
  const portal: PortalContext = {
    services,
    people,
    keys: keys?.kind === 'keys' ? keys : undefined,
    attempts: people?.attempts ?? { limit: 11, window: 60 },
  }
  const endpoints = [
    signInEndpoint,
    signUpEndpoint,
    signOutEndpoint,
    accountEndpoint,
    disconnectEndpoint,
    createKeyEndpoint,
    revokeKeyEndpoint,
  ]
  return {
    id: portalId,
    prefixes: ['/sign-in', '/sign-up', '/sign-out', '/account'],
    endpoints: endpoints.map((endpoint) => endpoint(portal)),
    refuse: refuseAsPage,
  }
}
