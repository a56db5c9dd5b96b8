import { parseScope, ProtocolError, type Scope, scopeWithin } from '@sallyport/protocol'
import { grantsOf } from '../../grants/index.ts'
import type { AppsDoor, DeferredSettings, GrantEndpoint } from '../../settings/door.ts'
import type { Client } from '../../store/contract/index.ts'

/** How a door's deferred requests live. */
export function deferredSettings({ deferred }: AppsDoor): DeferredSettings {
  return deferred ?? { lifetime: 600, interval: 5 }
}

/** Refuses a client that is not registered for the grant that begins at this endpoint. @see RFC 6749 §5.2 */
export function requireGrant(client: Client, grantType: string): void {
  if (!client.grantTypes.includes(grantType))
    throw new ProtocolError('unauthorized_client', 'client may not use this grant type')
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

/** Whether a door has a grant that begins at that endpoint. */
export function hasGrantAt(door: AppsDoor, endpoint: GrantEndpoint): boolean {
  return grantsOf(door).some((grant) => grant.endpoint?.name === endpoint)
}
