import { parseQuery, ProtocolError, type RequestSource } from '@sallyport/protocol'
import { secretHash } from '../../crypto/secret.ts'
import type { AppsDoor } from '../../settings/door.ts'
import type { Services } from '../services.ts'

/** What the name of a pushed request begins with. @see RFC 9126 §2.2 */
export const pushedPrefix = 'urn:ietf:params:oauth:request_uri:'

/** How long a person has to sign in and decide, once their browser brought a pushed request. */
const answerTime = 1800

/** The parameters that count, and where they were found. */
export interface RequestParams {
  readonly params: ReadonlyMap<string, string>
  readonly repeated: readonly string[]
  readonly emptied: readonly string[]
  readonly resources: readonly string[]
  readonly source: RequestSource
  /** Under which a pushed request is kept. */
  readonly pushedHash?: string
}

/** Reads the parameters of an authorization request; `undefined` when they can't be read. @see RFC 8707 §2 */
export function parseRequest(
  text: string,
): Omit<RequestParams, 'source'> | { readonly outcome: 'refuse'; readonly description: string } {
  const parsed = parseQuery(text, ['resource'])
  if (parsed.outcome === 'refuse') return parsed
  const { params, repeated, emptied, lists } = parsed
  return { params, repeated, emptied, resources: lists.get('resource') ?? [] }
}

/** Whether a door takes pushed requests. */
export function takesPushed({ pushedRequests = 'off' }: AppsDoor): boolean {
  return pushedRequests !== 'off'
}

/** The name of a pushed request in a query, where it is one of ours. */
function pushedName(params: ReadonlyMap<string, string>, door: AppsDoor): string | undefined {
  const uri = params.get('request_uri')
  return takesPushed(door) && uri?.startsWith(pushedPrefix) ? uri.slice(pushedPrefix.length) : undefined
}

/**
 * The parameters of the request that a query brings: its own, or those that the client pushed, and then no other.
 *
 * A pushed request that is unknown, over, answered or another client's is thrown and becomes a page: where it would have led
 * is not known. `look` reads for a page on the way there: nothing moves, and nothing is refused.
 * @see RFC 9126 §4, RFC 9101 §5, §6.3
 */
export async function readRequestParams(
  query: Omit<RequestParams, 'source'>,
  door: AppsDoor,
  services: Pick<Services, 'store' | 'now'>,
  look = false,
): Promise<RequestParams> {
  const { params, repeated } = query
  const name = pushedName(params, door)
  if (name === undefined || params.has('request')) return { ...query, source: 'query' }
  const clientId = params.get('client_id')
  // Refused by the rule, as in any other request.
  if (clientId === undefined || repeated.includes('client_id')) return { ...query, source: 'query' }
  const [hash, now] = [secretHash(name), services.now()]
  const { requests } = services.store
  const of = { doorId: door.id, clientId }
  const found = look
    ? await requests.find(hash, of, now)
    : await requests.open(hash, of, now + answerTime, now)
  const pushed = found && parseRequest(found.params)
  if (pushed && 'params' in pushed) return { ...pushed, source: 'pushed', pushedHash: hash }
  if (look) return { ...query, source: 'query' }
  throw new ProtocolError(
    'invalid_request_uri',
    'This request has expired or was answered already. Go back to the app and start again.',
  )
}
