import { createDpopNonces } from '@sallyport/guard'
import { grantsOf } from '../../grants/index.ts'
import type { AppsDoor, GrantEndpoint } from '../../settings/apps-door.ts'
import type { Door, Endpoint } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { authorizeEndpoint } from './authorize.ts'
import { backchannelEndpoint } from './backchannel.ts'
import { checkSessionEndpoint } from './check-session.ts'
import type { AppsContext } from './context.ts'
import { deviceAuthorizationEndpoint } from './device-authorization.ts'
import { confirmLogoutEndpoint, endSessionEndpoint } from './end-session.ts'
import { introspectEndpoint } from './introspect.ts'
import { registrationEndpoint, registrationSecretEndpoint } from './manage-registration.ts'
import { pushEndpoint } from './push.ts'
import { readableByPages } from './readable-by-pages.ts'
import { registerEndpoint } from './register.ts'
import { takesPushed } from './request-source.ts'
import { revokeEndpoint } from './revoke.ts'
import { tokenEndpoint } from './token.ts'
import { userinfoEndpoint } from './userinfo.ts'

/** Where grants begin that don't begin at the authorization endpoint. */
const grantEndpoints: Readonly<Record<GrantEndpoint, (apps: AppsContext) => Endpoint>> = {
  deviceAuthorization: deviceAuthorizationEndpoint,
  backchannelAuthentication: backchannelEndpoint,
}

/** Third-party apps, by OAuth 2. */
export function appsDoor(door: AppsDoor, services: Services): Door {
  const { dpop = 'off', dpopNonce = true } = door
  const asksNonce = dpop !== 'off' && dpopNonce
  const secret = services.sealer.seal('dpop-nonces', [door.id])
  const nonces = asksNonce ? createDpopNonces(secret) : undefined
  const apps = { door, services, guard: services.guardFor({ shape: 'oauth' }), nonces }
  const begun = grantsOf(door).flatMap(({ endpoint }) => (endpoint ? [grantEndpoints[endpoint.name]] : []))
  // What a client in a browser asks; everything else is asked by a server, or opened by a person.
  const byPages = [
    tokenEndpoint,
    revokeEndpoint,
    userinfoEndpoint,
    ...(takesPushed(door) ? [pushEndpoint] : []),
  ]
  const readable = byPages.map(
    (endpoint) => (context: AppsContext) =>
      door.browserClients ? readableByPages(endpoint(context), context) : endpoint(context),
  )
  const leaving = [
    ...(door.logout ? [endSessionEndpoint, confirmLogoutEndpoint] : []),
    ...(door.logout?.sessionManagement ? [checkSessionEndpoint] : []),
  ]
  const endpoints = [authorizeEndpoint, introspectEndpoint, ...readable, ...begun, ...leaving]
  const registering = [registerEndpoint, registrationEndpoint, registrationSecretEndpoint]
  const mounted = (door.registration ?? 'off') === 'off' ? endpoints : [...endpoints, ...registering]
  return {
    id: door.id,
    prefixes: [door.path],
    ...(door.hosts && { hosts: door.hosts }),
    endpoints: mounted.map((endpoint) => endpoint(apps)),
    refuse: refuseOauth,
  }
}
