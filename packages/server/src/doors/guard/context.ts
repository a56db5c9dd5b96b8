import { ProtocolError, parseBasic } from '@sallyport/protocol'
import { authenticateClient } from '../../grants/authenticate-client.ts'
import type { Client } from '../../store/contract/index.ts'
import { type Handler, oneHeader, type Reply, type Request } from '../door.ts'
import { authContext, type Services } from '../services.ts'

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
    const guard = await authenticateClient(credentials, authContext({ id: guardDoorId }, services))
    return act(request, guard)
  }
}

/** How far a guard has read the feed; `undefined` when it has not yet. */
export function readPosition(request: Request): number | undefined {
  const header = oneHeader(request, 'last-event-id')
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

/**
 * Waits until this process knows of every change that the guard has heard of, perhaps from another one: an answer from
 * before would be kept by the guard as if it were from after, and nothing would ever drop it.
 */
export async function catchUpWith(request: Request, { store, facts }: Services): Promise<void> {
  const position = readPosition(request)
  if (position !== undefined && !(await store.reach(position))) {
    throw new ProtocolError('unavailable', 'this server does not know of the change named by Last-Event-ID')
  }
  await facts.settled()
}
