import { createHash } from 'node:crypto'
import { widgetScript } from '@sallyport/client/widget-script'
import type { Endpoint, Request } from '../door.ts'

/** Whether the caller has this very version. @see RFC 9110 §13.1.2 */
function hasAlready(request: Request, etag: string): boolean {
  const tags = request.header('if-none-match').flatMap((value) => value.split(','))
  return tags.some((tag) => [etag, `W/${etag}`, '*'].includes(tag.trim()))
}

/**
 * The script for pages. It is the same for everybody, so any page may load it, those that isolate themselves included.
 * Its address stays the same, so it is asked for again after an hour; what it may do is decided where a session starts.
 */
export function widgetScriptEndpoint(): Endpoint {
  const body = widgetScript()
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = {
    etag,
    'cache-control': 'public, max-age=3600, stale-while-revalidate=86400',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  }
  return {
    path: '/widget.js',
    methods: {
      GET: (request) =>
        hasAlready(request, etag)
          ? { status: 304, headers }
          : { status: 200, headers: { ...headers, 'content-type': 'text/javascript; charset=utf-8' }, body },
    },
  }
}
