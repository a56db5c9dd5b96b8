import { formatUserCode } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import { newUserCode } from '../../crypto/user-code.ts'
import { deviceCode } from '../../grants/device-code.ts'
import type { NewDeferred } from '../../store/contract/index.ts'
import { devicePath, sealUserCode } from '../device/paths.ts'
import type { Endpoint, Request } from '../door.ts'
import { type ClientRequest, readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { askedLimits, askedScope, deferredSettings, refuseRequestObjects, requireGrant } from './deferred.ts'

/** Two live codes are the same once in billions of times; a second such time in a row is a fault. */
const tries = 3

async function begin(
  received: ClientRequest,
  request: Request,
  apps: AppsContext,
): Promise<{ readonly deviceCode: string; readonly userCode: string }> {
  const { client, params, context } = received
  const { door, services } = apps
  const { lifetime, interval } = deferredSettings(door)
  const { now, event } = context
  const { clientId } = client
  const scope = askedScope(params, client, door)
  const limits = askedLimits(received, apps)
  for (let count = 0; count < tries; count += 1) {
    const [secret, userCode] = [newSecret(), newUserCode()]
    const asked: NewDeferred = {
      hash: secretHash(secret),
      requestId: newId('dev_', now),
      userCode: sealUserCode(userCode, services.sealer),
      doorId: door.id,
      clientId,
      accountId: undefined,
      scope,
      ...limits,
      bindingMessage: undefined,
      ip: request.ip,
      expiresAt: now + lifetime,
      interval,
    }
    const about = { clientId, targetId: asked.requestId, detail: scope.join(' ') }
    if (await services.store.deferred.add(asked, event('device.asked', about), now))
      return { deviceCode: secret, userCode }
  }
  throw new Error('no user code is free')
}

/**
 * The device authorization endpoint: a device without a browser asks, and shows its person where to go.
 * @see RFC 8628 §3.1, §3.2
 */
export function deviceAuthorizationEndpoint(apps: AppsContext): Endpoint {
  const { door, services } = apps
  return {
    path: pathOf(apps, 'deviceAuthorization'),
    methods: {
      async POST(request) {
        const asked = await readClientRequest(request, apps)
        requireGrant(asked.client, deviceCode.grantType)
        refuseRequestObjects(asked.params)
        const codes = await begin(asked, request, apps)
        const { lifetime, interval } = deferredSettings(door)
        const userCode = formatUserCode(codes.userCode)
        const body = {
          device_code: codes.deviceCode,
          user_code: userCode,
          verification_uri: services.baseUrl + devicePath,
          verification_uri_complete: `${services.baseUrl}${devicePath}?user_code=${userCode}`,
          expires_in: lifetime,
          interval,
        }
        return { status: 200, headers: noStore, body }
      },
    },
  }
}
