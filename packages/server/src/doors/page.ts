import type { ProtocolError } from '@sallyport/protocol'
import { errorPage, type FormActions, pageHeaders } from '../pages/index.ts'
import type { Reply, Request } from './door.ts'

/** An HTML answer with the headers that every page has. */
export function page(
  body: string,
  more: {
    readonly status?: number
    readonly formActions?: FormActions
    /** Addresses that the page frames. */
    readonly frames?: readonly string[]
    readonly headers?: Reply['headers']
  } = {},
): Reply {
  const { status = 200, formActions = [], frames = [], headers } = more
  return { status, headers: { ...pageHeaders({ formActions, frames }), ...headers }, body }
}

const titles: Readonly<Record<number, string>> = {
  400: 'This request can’t be served',
  403: 'Not allowed',
  404: 'Page not found',
  405: 'Not available',
  413: 'Too large',
  415: 'Not understood',
  429: 'Too many attempts',
}

/** A refusal as a page: for people in a browser. Never redirects. */
export function refuseAsPage(error: ProtocolError, request: Request): Reply {
  const { status, code, message, retryAfter, headers } = error
  const title = titles[status] ?? 'Something went wrong'
  const { 'www-authenticate': _challenge, ...rest } = headers
  const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  const body = errorPage({ status, title, message, code, requestId: request.requestId })
  return page(body, { status, headers: { ...rest, ...wait } })
}
