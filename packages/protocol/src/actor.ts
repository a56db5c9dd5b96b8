/** Who acts for the subject of a token, with those who acted before inside. @see RFC 8693 §4.1 */
export interface ActorClaim {
  readonly sub: string
  readonly client_id?: string
  readonly act?: ActorClaim
}

/** How often a token can be handed on: a chain grows with each, and a token must stay a header. */
export const longestActorChain = 5

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The claim `act`; `malformed` when it is there and is no chain that this server would make. @see RFC 8693 §4.1 */
export function parseActor(act: unknown, depth = 1): ActorClaim | 'malformed' | undefined {
  if (act === undefined) return undefined
  if (!isObject(act) || depth > longestActorChain) return 'malformed'
  const { sub, client_id: clientId } = act
  const earlier = parseActor(act['act'], depth + 1)
  if (!isText(sub) || earlier === 'malformed') return 'malformed'
  if (clientId !== undefined && !isText(clientId)) return 'malformed'
  return { sub, ...(clientId !== undefined && { client_id: clientId }), ...(earlier && { act: earlier }) }
}

/** All actors, the one that acts now first. */
export function actorChain(act: ActorClaim | undefined): readonly ActorClaim[] {
  return act ? [act, ...actorChain(act.act)] : []
}
