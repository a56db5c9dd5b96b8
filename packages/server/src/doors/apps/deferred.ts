import { ProtocolError, parseScope, type Scope, scopeWithin } from '@sallyport/protocol'
import { grantsOf } from '../../grants/index.ts'
import { requestedDetails } from '../../grants/requested-details.ts'
import { requestedResources } from '../../grants/requested-resources.ts'
import type { AppsDoor, DeferredSettings, GrantEndpoint } from '../../settings/apps-door.ts'
import type { Client, NewDeferred } from '../../store/contract/index.ts'
import type { ClientRequest } from './client.ts'
import type { AppsContext } from './context.ts'
import { readByType, takesDetails } from './details.ts'

/** How a door's deferred requests live. */
export function deferredSettings({ deferred }: AppsDoor): DeferredSettings {
  return deferred ?? { lifetime: 600, interval: 5 }
}

/** Refuses a client that is not registered for the grant that begins at this endpoint. @see RFC 6749 §5.2 */
export function requireGrant(client: Client, grantType: string): void {
  if (!client.grantTypes.includes(grantType))
    throw new ProtocolError('unauthorized_client', 'client may not use this grant type')
}

/**
 * Refuses a request that its client signed or pushed: here it would be passed over, and what stands beside it read as if it were the
 * client's word. Not unrecognised, so not to be ignored by RFC 8628 §3.1; of the codes that CIBA has, this is the one.
 * @see OpenID CIBA Core §7.1.1, §13, RFC 9101 §6.3
 */
export function refuseRequestObjects(params: ReadonlyMap<string, string>): void {
  for (const name of ['request', 'request_uri'])
    if (params.has(name)) throw new ProtocolError('invalid_request', `${name} is not supported here`)
}

/** The scope that a client asks for without a redirect; all that it may ask for when it names none. @see RFC 8628 §3.1 */
export function askedScope(params: ReadonlyMap<string, string>, client: Client, door: AppsDoor): Scope {
  const most = client.scope.filter((value) => Object.hasOwn(door.scopes, value))
  const text = params.get('scope')
  const scope = text === undefined ? most : parseScope(text)
  if (!scope || scope.length === 0 || !scopeWithin(scope, most))
    throw new ProtocolError(
      'invalid_scope',
      'scope is malformed, not known, or wider than the client may ask for',
    )
  return scope
}

/**
 * The resources and the details that a request without a redirect is limited to, as at the authorization endpoint: a door that knows
 * none ignores the parameter.
 * @see RFC 8707 §2, RFC 9396 §2, §5
 */
export function askedLimits(
  { params, resources, context }: ClientRequest,
  apps: AppsContext,
): Pick<NewDeferred, 'resources' | 'details'> {
  const { authorizationDetails: types = [] } = apps.door
  const details = (takesDetails(apps.door) ? requestedDetails(params) : undefined) ?? []
  const known = details.every(({ type }) => types.includes(type)) ? readByType(details, apps) : undefined
  if (!known)
    throw new ProtocolError(
      'invalid_authorization_details',
      'authorization_details do not fit a type of this door',
    )
  return { resources: requestedResources(resources, context.door), details: known }
}

/** Whether a door has a grant that begins at that endpoint. */
export function hasGrantAt(door: AppsDoor, endpoint: GrantEndpoint): boolean {
  return grantsOf(door).some((grant) => grant.endpoint?.name === endpoint)
}
