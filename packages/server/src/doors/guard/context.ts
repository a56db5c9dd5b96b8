import { parseBasic } from '@sallyport/protocol'
import { authenticateClient } from '../../grants/authenticate-client.ts'
import type { Client } from '../../store/contract/index.ts'
import { type Handler, oneHeader, type Reply, type Request } from '../door.ts'
import type { Services } from '../services.ts'

/** The id of the door that guards come in by, and their clients' door. */
export const guardDoorId = 'guard'
/** Where it hangs. */
export const guardPath = '/guard'

/** Headers of every answer. */
export const noStore = { 'cache-control': 'no-store' }

/** Runs `act` for a guard that proved itself with HTTP Basic: facts are for nobody else. */
export function forGuard(
  services: Services,
  act: (request: Request, guard: Client) => Promise<Reply>,
): Handler {
  return async (request) => {
    const basic = parseBasic(oneHeader(request, 'authorization') ?? '')
    const credentials = { clientId: basic?.clientId, secret: basic?.secret, method: 'basic' } as const
    const { store, now } = services
    const guard = await authenticateClient(credentials, { store, now: now(), door: { id: guardDoorId } })
    return act(request, guard)
  }
}
