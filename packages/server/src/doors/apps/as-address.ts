import { parseQuery, ProtocolError } from '@sallyport/protocol'
import type { Reply, Request } from '../door.ts'
import { mediaType } from '../read-body.ts'

/** The longest request that is sent on as an address; longer ones would not fit into a header with the cookies. */
const longestQuery = 8000

/**
 * A request of a browser that came as a form: sent on as an address. Another site's POST brings no session cookie (SameSite), the GET
 * that follows does, so that both ways of asking meet the same person; and nothing is done by a POST that no page of ours sent.
 * @see OpenID Connect Core §3.1.2.1, OpenID RP-Initiated Logout §2
 */
export function asAddress(request: Request): Reply {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    const expected = 'Content-Type must be application/x-www-form-urlencoded'
    throw new ProtocolError('unsupported_media_type', expected)
  }
  const form = parseQuery(request.body)
  if (form.outcome === 'refuse') throw new ProtocolError('invalid_request', form.description)
  const query = new URLSearchParams(request.body).toString()
  if (query.length > longestQuery) throw new ProtocolError('invalid_request', 'the request is too long')
  return { status: 303, headers: { location: `${request.path}?${query}`, 'cache-control': 'no-store' } }
}
