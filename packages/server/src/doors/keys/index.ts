import type { KeysDoor } from '../../settings/door.ts'
import type { Door } from '../door.ts'
import { refuseIn } from '../refuse.ts'
import type { Services } from '../services.ts'
import { type KeysContext, keyEndpoint, keysEndpoint } from './manage.ts'
import { sessionTokensEndpoint } from './session-tokens.ts'

/** Servers with an API key: people manage them here, the guard lets them in. */
export function keysDoor(door: KeysDoor, services: Services): Door {
  const people = services.doors.filter(({ kind }) => kind === 'people').map(({ id }) => id)
  const keys: KeysContext = { door, services, guard: services.guardFor(door), people }
  const { sessionTokens } = door
  return {
    id: door.id,
    prefixes: [door.managePath],
    ...(door.hosts && { hosts: door.hosts }),
    endpoints: [
      keysEndpoint(keys),
      keyEndpoint(keys),
      ...(sessionTokens ? [sessionTokensEndpoint(keys, sessionTokens)] : []),
    ],
    refuse: refuseIn(door.shape),
  }
}
