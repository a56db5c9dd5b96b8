import { createDpopNonces } from '@sallyport/guard'
import type { AppsDoor } from '../../settings/door.ts'
import type { Door } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { authorizeEndpoint } from './authorize.ts'
import { introspectEndpoint } from './introspect.ts'
import { pushEndpoint } from './push.ts'
import { takesPushed } from './request-source.ts'
import { revokeEndpoint } from './revoke.ts'
import { tokenEndpoint } from './token.ts'
import { userinfoEndpoint } from './userinfo.ts'

/** Third-party apps, by OAuth 2. */
export function appsDoor(door: AppsDoor, services: Services): Door {
  const { dpop = 'off', dpopNonce = true } = door
  const asksNonce = dpop !== 'off' && dpopNonce
  const secret = services.sealer.seal('dpop-nonces', [door.id])
  const nonces = asksNonce ? createDpopNonces(secret) : undefined
  const apps = { door, services, guard: services.guardFor({ shape: 'oauth' }), nonces }
  const endpoints = [
    authorizeEndpoint,
    tokenEndpoint,
    revokeEndpoint,
    introspectEndpoint,
    userinfoEndpoint,
    ...(takesPushed(door) ? [pushEndpoint] : []),
  ]
  return {
    id: door.id,
    prefixes: [door.path],
    ...(door.hosts && { hosts: door.hosts }),
    endpoints: endpoints.map((endpoint) => endpoint(apps)),
    refuse: refuseOauth,
  }
}
