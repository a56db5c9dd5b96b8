import type { ProtocolError } from '@sallyport/protocol'
import type { VendorsDoor } from '../../settings/door.ts'
import type { Door, Reply } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { registerEndpoint, vendorEndpoint } from './register.ts'
import { revokeEndpoint } from './revoke.ts'
import { refreshEndpoint, tokenEndpoint } from './token.ts'

/** RFC 6749 bodies, but a refresh token that is worth nothing answers 401: here it is the whole credential. */
function refuse(error: ProtocolError): Reply {
  const reply = refuseOauth(error)
  if (error.code !== 'invalid_grant') return reply
  return {
    ...reply,
    status: 401,
    headers: { ...reply.headers, 'www-authenticate': 'Bearer error="invalid_token"' },
  }
}

/** Vendors: client id and secret as JSON, and plans. */
export function vendorsDoor(door: VendorsDoor, services: Services): Door {
  const vendors = { door, services }
  const endpoints = [tokenEndpoint, refreshEndpoint, revokeEndpoint, registerEndpoint, vendorEndpoint]
  return {
    id: door.id,
    prefixes: [door.path, door.registerPath],
    ...(door.hosts && { hosts: door.hosts }),
    endpoints: endpoints.map((endpoint) => endpoint(vendors)),
    refuse,
  }
}
