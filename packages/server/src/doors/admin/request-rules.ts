import { ProtocolError } from '@sallyport/protocol'
import type { DoorSettings } from '../../settings/door.ts'
import type { Client } from '../../store/contract/index.ts'
import { takesObjects } from '../apps/request-object.ts'
import { takesPushed } from '../apps/request-source.ts'
import { type Body, optionalFlag } from './read.ts'

type Rules = Pick<Client, 'requirePushed' | 'requireSigned'>

/** A rule that its door could never let anybody keep would shut the client out. */
function readRule(body: Body, name: string, possible: boolean): boolean | undefined {
  const required = optionalFlag(body, name)
  if (required !== true || possible) return required
  throw new ProtocolError('invalid_request', `${name}: the door takes no such requests`)
}

/** What a registration says of the client's authorization requests. @see RFC 9126 §6, RFC 9101 §10.5 */
export function readRequestRules(body: Body, door: DoorSettings): Rules {
  const [pushes, signs] = door.kind === 'apps' ? [takesPushed(door), takesObjects(door)] : [false, false]
  const requirePushed = readRule(body, 'require_pushed_authorization_requests', pushes)
  const requireSigned = readRule(body, 'require_signed_request_object', signs)
  return {
    ...(requirePushed !== undefined && { requirePushed }),
    ...(requireSigned !== undefined && { requireSigned }),
  }
}

/** The same as a registration's answer. */
export function requestRulesBody({
  requirePushed,
  requireSigned,
}: Client): Readonly<Record<string, unknown>> {
  return {
    ...(requirePushed && { require_pushed_authorization_requests: true }),
    ...(requireSigned && { require_signed_request_object: true }),
  }
}
