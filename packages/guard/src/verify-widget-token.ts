import { type CompactJws, isOriginAllowed, type Origin, parseOrigin } from '@sallyport/protocol'
import type { DoorFacts, WidgetFacts, WidgetSessionFacts } from './facts.ts'
import type { GuardRequest } from './request.ts'
import { checkStanding, teamMembers } from './standing.ts'
import { parseWidgetClaims, type TokenClaims } from './token-claims.ts'
import { type Refused, refuse, type Verification, type Verified } from './verified.ts'

function sameOrigin(a: Origin | undefined, b: Origin | undefined): boolean {
  return a !== undefined && b !== undefined && a.scheme === b.scheme && a.host === b.host && a.port === b.port
}

/**
 * Why a page may not use its token; `undefined` when it may. A server that calls without an `Origin` header passes: the
 * header proves nothing about who sent it, so asking for it would stop nobody but honest servers.
 */
function checkOrigin(
  { origin }: WidgetSessionFacts,
  { allowedOrigins }: WidgetFacts,
  request: GuardRequest,
): Refused | undefined {
  // Started where origin checks are off, by a caller that named none.
  if (origin === '') return undefined
  if (allowedOrigins !== 'any' && !isOriginAllowed(origin, allowedOrigins))
    return refuse('origin', 'origin no longer listed')
  const presented = request.header('origin')
  if (presented.length === 0) return undefined
  const [only] = presented
  const same =
    presented.length === 1 && only !== undefined && sameOrigin(parseOrigin(only), parseOrigin(origin))
  return same ? undefined : refuse('origin', 'Origin is not the one the token is for')
}

/** Verifies what only widget tokens have, after the signature: the session, the widget, the page's origin. */
export async function verifyWidgetToken(
  { payload }: CompactJws,
  token: { readonly claims: TokenClaims; readonly door: DoorFacts },
  { request, source, now }: Verification,
): Promise<Verified> {
  const { claims, door } = token
  const own = parseWidgetClaims(payload)
  if (!own) return refuse('invalid', 'claims missing or malformed')
  const [session, widget] = await Promise.all([
    source.widgetSession(own.sessionId),
    source.widget(claims.sub),
  ])
  if (!session || !widget) return refuse('revoked', 'unknown widget session')
  const { sessionId, widgetId, origin } = session
  const { slug, teamId } = widget
  if (widgetId !== claims.sub || origin !== own.origin)
    return refuse('invalid', 'not the widget and origin of the session')
  if (session.endedAt !== undefined) return refuse('revoked', 'widget session ended')
  if (session.expiresAt <= now) return refuse('expired', 'widget session expired')
  if (!widget.active) return refuse('revoked', 'widget switched off')
  const standing = await checkStanding({ teamId, mustBelong: false }, source)
  if (standing.outcome === 'refuse') return standing
  return (
    checkOrigin(session, widget, request) ?? {
      outcome: 'principal',
      principal: {
        kind: 'widget',
        id: sessionId,
        door: door.doorId,
        ...teamMembers(standing),
        admin: false,
        scopes: [],
        environment: 'live',
        ...(origin !== '' && { origin }),
        widget: { id: widgetId, slug },
        expiresAt: Math.min(claims.exp, session.expiresAt),
        credentialId: sessionId,
      },
    }
  )
}
