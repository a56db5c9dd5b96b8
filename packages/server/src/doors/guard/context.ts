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

/** A place in the change log: the number of a change, and its mark, empty where there is no such change. */
export interface Position {
  readonly changeId: number
  readonly mark: string
}

/** A position as it goes over the wire, as the id of an event. */
export function formatPosition({ changeId, mark }: Position): string {
  return `${changeId}-${mark}`
}

/** How far a guard has read the feed; `undefined` when it has not yet. A number without its mark is a place in no log. */
export function readPosition(request: Request): Position | undefined {
  const header = oneHeader(request, 'last-event-id')
  if (header === undefined || header === '') return undefined
  const [, changeId = '-1', mark = ''] = /^(\d{1,15})-([\w-]{0,8})$/.exec(header) ?? []
  return { changeId: Number(changeId), mark }
}

/**
 * Waits until this process knows of every change that the guard has heard of, perhaps from another one: an answer from
 * before would be kept by the guard as if it were from after, and nothing would ever drop it.
 */
export async function catchUpWith(request: Request, { store, facts }: Services): Promise<void> {
  const position = readPosition(request)
  if (position !== undefined) {
    const found = (await store.reach(position.changeId)) && (await store.markOf(position.changeId))
    // What was swept can't be compared any more, and every process knows of it.
    if (found === false || (found !== undefined && found !== position.mark))
      throw new ProtocolError('unavailable', 'this server does not know of the change named by Last-Event-ID')
  }
  await facts.settled()
}
