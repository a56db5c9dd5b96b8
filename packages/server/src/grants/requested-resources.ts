import { narrowResources, ProtocolError, readResources, type Resources } from '@sallyport/protocol'
import type { GrantDoor } from './context.ts'

/** The `resource` parameters of a token request. Refuses what the door does not know. @see RFC 8707 §2 */
export function requestedResources(asked: readonly string[], { resources }: GrantDoor): Resources {
  // A door without resources has nothing to narrow to, and ignores the parameter as it always has.
  const known = resources.length === 0 ? [] : readResources(asked, resources)
  if (known) return known
  throw new ProtocolError('invalid_target', 'resource is not known')
}

/** The resources of the tokens to issue, within the grant. @see RFC 8707 §2.2 */
export function grantedResources(granted: Resources, asked: Resources): Resources {
  const resources = narrowResources(granted, asked)
  if (resources) return resources
  throw new ProtocolError('invalid_target', 'resource exceeds what was granted')
}
