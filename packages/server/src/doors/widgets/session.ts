import { ipBucket, ProtocolError } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import type { WidgetsDoor } from '../../settings/door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Widget, WidgetSession } from '../../store/contract/index.ts'
import type { Endpoint, Reply, Request } from '../door.ts'
import { fieldErrors, readFields } from '../fields.ts'
import { spendOrRefuse, tooMany } from '../limits.ts'
import { readJson } from '../read-body.ts'
import { refuseDetail } from '../refuse.ts'
import { auditEvent, type Services } from '../services.ts'
import { corsHeaders, preflight, requireOrigin } from './origin.ts'

/** What the endpoints of one widgets door share. */
export interface WidgetsContext {
  readonly door: WidgetsDoor
  readonly services: Services
}

const overrides = [
  'system_prompt',
  'greeting',
  'voice_model',
  'reference_audio_url',
  'mcp_headers',
  'metadata',
  'language',
]

/** The widget of a slug, or the 404 that an inactive one answers too. */
export async function findWidget(slug: string, { services, door }: WidgetsContext): Promise<Widget> {
  const widget = await services.store.widgets.findBySlug(slug)
  if (widget?.active && widget.doorId === door.id) return widget
  throw new ProtocolError('not_found', 'No such character.')
}

/** What a browser may not set unless the owner allows it: the session would be somebody else's words. */
function refuseOverrides(body: Readonly<Record<string, unknown>>, widget: Widget): void {
  if (widget.allowOverrides) return
  const given = overrides.filter((name) => body[name] !== undefined)
  if (given.length > 0)
    throw fieldErrors(
      Object.fromEntries(
        given.map((name) => [name, ['This character does not allow it to be set by a page.']]),
      ),
    )
}

type NewSession = Omit<WidgetSession, 'endedAt'>

function newSession({ widgetId }: Widget, origin: string, { door, services }: WidgetsContext): NewSession {
  const now = services.now()
  const sessionId = newId('wse_', now)
  return { sessionId, widgetId, origin, createdAt: now, expiresAt: now + door.sessionLifetime }
}

async function startSession(
  { createdAt: now, ...session }: NewSession,
  request: Request,
  widget: Widget,
  { door, services }: WidgetsContext,
): Promise<void> {
  const { origin } = session
  const about = { targetId: session.sessionId, teamId: widget.teamId, detail: origin.slice(0, 200) }
  const event = auditEvent(request, door.id)('widget-session.started', about)
  if (await services.store.widgets.startSession(session, widget.sessionLimit, event, now)) return
  const next = (await services.store.widgets.nextSessionEnd(widget.widgetId, now)) ?? now + 60
  const retryAfter = Math.max(1, next - now)
  throw tooMany({
    allowed: false,
    limit: widget.sessionLimit,
    remaining: 0,
    resetAt: next,
    retryAfter,
    window: door.sessionLifetime,
  })
}

function sessionToken(
  session: NewSession,
  { slug, widgetId }: Widget,
  { door, services }: WidgetsContext,
): Promise<string> {
  const issuer = issuerOf(door, services.baseUrl)
  const { sessionId, origin, createdAt, expiresAt } = session
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: widgetId,
    sid: sessionId,
    slug,
    origin,
    door: door.id,
    iat: createdAt,
    exp: expiresAt,
    jti: sessionId,
  }
  return services.signing.sign('widget+jwt', claims, createdAt)
}

async function start(request: Request, widgets: WidgetsContext): Promise<Reply> {
  const { door, services } = widgets
  const body = readJson(request)
  const { agent } = readFields(body, ['agent'])
  const now = services.now()
  await spendOrRefuse(services.limiter, `widget-ip:${door.id}:${ipBucket(request.ip)}`, door.startsByIp, now)
  const widget = await findWidget(agent, widgets)
  const origin = requireOrigin(request, widget, door)
  await spendOrRefuse(services.limiter, `widget:${widget.widgetId}`, door.startsByWidget, now)
  refuseOverrides(body, widget)
  const session = newSession(widget, origin, widgets)
  // First, so that no session counts whose token could not be signed.
  const token = await sessionToken(session, widget, widgets)
  await startSession(session, request, widget, widgets)
  const answer = {
    token,
    session_id: session.sessionId,
    room_name: `${widget.slug}-${session.sessionId}`,
    participant_identity: session.sessionId,
    expires_in_seconds: door.sessionLifetime,
    character_slug: widget.slug,
    greeting: widget.profile['greeting'] ?? null,
  }
  return { status: 201, headers: { ...corsHeaders(request), 'cache-control': 'no-store' }, body: answer }
}

/** Starts a session for the page that asks, if the widget may run on it. No token: the Origin is what is looked at. */
export function sessionEndpoint(widgets: WidgetsContext): Endpoint {
  return {
    path: widgets.door.sessionPath,
    methods: { POST: (request) => start(request, widgets), OPTIONS: (request) => preflight(request, 'POST') },
    refuse: (error, request) => withCors(refuseDetail(error), request),
  }
}

/** Adds what lets the page read a refusal. */
export function withCors(reply: Reply, request: Request): Reply {
  return { ...reply, headers: { ...reply.headers, ...corsHeaders(request) } }
}
