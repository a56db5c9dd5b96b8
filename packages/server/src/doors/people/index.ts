import { openUpstream } from '../../accounts/upstream.ts'
import type { PeopleDoor } from '../../settings/door.ts'
import type { Door } from '../door.ts'
import { refuseDetail } from '../refuse.ts'
import type { Services } from '../services.ts'
import type { PeopleContext } from './context.ts'
import { googleCallbackEndpoint, googleStartEndpoint } from './google.ts'
import { logOutEndpoint } from './log-out.ts'
import { meEndpoint } from './me.ts'
import { passwordEndpoint } from './password.ts'
import { refreshEndpoint } from './refresh.ts'
import { signInEndpoint } from './sign-in.ts'
import { signUpEndpoint } from './sign-up.ts'

/** People with an e-mail address and a password, or a Google account. */
export function peopleDoor(door: PeopleDoor, services: Services): Door {
  const people: PeopleContext = {
    door,
    services,
    guard: services.guardFor(door, { onTwo: 'api-key-wins' }),
    upstream: door.google && openUpstream(door.google),
  }
  const endpoints = [
    signUpEndpoint,
    signInEndpoint,
    refreshEndpoint,
    meEndpoint,
    logOutEndpoint,
    passwordEndpoint,
    googleStartEndpoint,
    googleCallbackEndpoint,
  ]
  return {
    id: door.id,
    prefixes: [door.path],
    ...(door.hosts && { hosts: door.hosts }),
    endpoints: endpoints.map((endpoint) => endpoint(people)),
    refuse: refuseDetail,
  }
}
