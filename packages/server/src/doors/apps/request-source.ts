import { ProtocolError, parseQuery, type RequestSource } from '@sallyport/protocol'
import { secretHash } from '../../crypto/secret.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import type { Client } from '../../store/contract/index.ts'
import type { AppsContext } from './context.ts'
import { openRequestObject, takesObjects } from './request-object.ts'

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
  readonly signed: boolean
  /** Under which a pushed request is kept. */
  readonly pushedHash?: string
}

type Query = Omit<RequestParams, 'source' | 'signed'>

/** Reads the parameters of an authorization request; `undefined` when they can't be read. @see RFC 8707 §2 */
export function parseRequest(
  text: string,
): Query | { readonly outcome: 'refuse'; readonly description: string } {
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

/** How a request is read. */
export interface Reading extends Pick<AppsContext, 'door' | 'services'> {
  /** The door's client of an id, wherever clients of this door come from. */
  readonly find: (clientId: string) => Promise<Client | undefined>
  /** Only for a page on the way there: nothing moves, and nothing is refused. */
  readonly look?: true
}

/** What the client signed, in the place of what stands beside it; `undefined` where that can't be told. @see RFC 9101 §6.3 */
async function openIn(
  { params }: Query,
  clientId: string,
  seenAt: number,
  where: Reading,
): Promise<RequestParams | undefined> {
  const { door, services, find } = where
  const object = params.get('request')
  const client = takesObjects(door) ? await find(clientId) : undefined
  if (object === undefined || !client) return undefined
  if (services.now() - seenAt > answerTime) return undefined
  const opened = await openRequestObject(object, client, seenAt, where)
  if (opened.outcome === 'refuse') return undefined
  return { ...opened, repeated: [], source: 'query', signed: true }
}

/**
 * The parameters of the request that a query brings: its own, or those that the client signed or pushed, and then no other.
 *
 * A pushed request that is unknown, over, answered or another client's is thrown and becomes a page: where it would have led
 * is not known. `seenAt` is when the browser first brought the request: an object has to be good then.
 * @see RFC 9126 §4, RFC 9101 §5, §6.3
 */
export async function readRequestParams(
  query: Query,
  seenAt: number,
  where: Reading,
): Promise<RequestParams> {
  const { door, services, look = false } = where
  const { params } = query
  const plain: RequestParams = { ...query, source: 'query', signed: false }
  const clientId = params.get('client_id')
  const name = pushedName(params, door)
  // Refused by the rule: without a client, or with two answers to what counts.
  if (clientId === undefined || (params.has('request') && params.has('request_uri'))) return plain
  if (params.has('request')) return (await openIn(query, clientId, seenAt, where)) ?? plain
  if (name === undefined) return plain
  const [hash, now] = [secretHash(name), services.now()]
  const { requests } = services.store
  const of = { doorId: door.id, clientId }
  const found = look
    ? await requests.find(hash, of, now)
    : await requests.open(hash, of, now + answerTime, now)
  const pushed = found && parseRequest(found.params)
  if (pushed && 'params' in pushed) return { ...pushed, source: 'pushed', signed: true, pushedHash: hash }
  if (look) return plain
  throw new ProtocolError(
    'invalid_request_uri',
    'This request has expired or was answered already. Go back to the app and start again.',
  )
}
