import { isOriginAllowed, ProtocolError } from '@sallyport/protocol'
import type { WidgetsDoor } from '../../settings/door.ts'
import type { Widget } from '../../store/contract/index.ts'
import { oneHeader, type Request } from '../door.ts'

/** The origin a request claims; `undefined` when there is none, or more than one. */
export function claimedOrigin(request: Request, door: WidgetsDoor): string | undefined {
  if (request.header('origin').length > 0) return oneHeader(request, 'origin')
  const referer = door.insecureRefererFallback ? oneHeader(request, 'referer') : undefined
  return referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined
}

/** The page's origin, or a refusal. Not authentication: anything but a browser can write what it likes. */
export function requireOrigin(request: Request, widget: Widget, door: WidgetsDoor): string {
  const origin = claimedOrigin(request, door)
  if (door.insecureSkipOriginChecks) return origin ?? ''
  if (origin !== undefined && isOriginAllowed(origin, widget.allowedOrigins)) return new URL(origin).origin
  throw new ProtocolError('origin_not_allowed', 'This origin is not allowed for this character.', {
    detail: `origin ${origin?.slice(0, 200) ?? 'missing'}`,
  })
}

/**
 * Lets a page read the answer, refusals included. Any origin may, without cookies: which page may have a session is decided
 * by the request itself, and a preflight can't know the widget.
 */
export function corsHeaders(request: Request): Readonly<Record<string, string>> {
  const origin = oneHeader(request, 'origin')
  const readable = origin !== undefined && /^[\x21-\x7e]{1,300}$/.test(origin)
  return { vary: 'Origin', ...(readable && { 'access-control-allow-origin': origin }) }
}

/** The answer to a preflight. @see Fetch Standard §3.2.3 */
export function preflight(
  request: Request,
  methods: string,
): { readonly status: number; readonly headers: Readonly<Record<string, string>> } {
  return {
    status: 204,
    headers: {
      ...corsHeaders(request),
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    },
  }
}
