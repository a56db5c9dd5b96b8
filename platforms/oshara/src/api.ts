import { ProtocolError } from '@sallyport/protocol'
import {
  type ApiCall,
  type ApiRoute,
  jsonAnswer,
  type PlatformHost,
  type Widget,
  type WidgetOwner,
  type WidgetWrite,
} from 'sallyport'
import { type Characters, type Content, nothing, readCharacter } from './character.ts'

const rule = { doors: ['oshara', 'oshara-keys'] }
const slugOf = ({ params }: ApiCall) => params['slug'] ?? ''

function ownerOf({ principal, info }: ApiCall): WidgetOwner {
  return {
    accountId: principal.accountId ?? '',
    teamId: principal.team?.id ?? '',
    doorId: 'oshara-widgets',
    ...info,
  }
}

/** The outside of a character: what the engine shows to pages that may have it. */
const profileOf = ({ name, greeting, appearance }: Content) => ({
  profile: { ...(name !== '' && { name }), greeting, appearance },
})

function written(write: WidgetWrite): Widget {
  if (write.outcome === 'written') return write.widget
  if (write.outcome === 'unknown') throw new ProtocolError('not_found', 'Not found.')
  throw new ProtocolError('field_errors', 'not taken', { fields: write.fields })
}

async function change(
  call: ApiCall,
  { widgets }: PlatformHost,
  characters: Characters,
  whole: boolean,
): Promise<Response> {
  const input = readCharacter(await call.json())
  if (input.outcome === 'refuse')
    throw new ProtocolError('field_errors', 'not taken', { fields: input.fields })
  const owner = ownerOf(call)
  const known = await widgets.find(slugOf(call), owner)
  if (!known) throw new ProtocolError('not_found', 'Not found.')
  // PUT replaces the whole: what it leaves out is empty.
  const before = whole ? nothing : await characters.content(known)
  const content = { ...before, ...input.content }
  const rest = whole ? { allowedOrigins: [], active: true } : {}
  const widget = written(
    await widgets.update(known.slug, { ...rest, ...input.change, ...profileOf(content) }, owner),
  )
  await characters.save(widget.widgetId, content)
  return jsonAnswer(200, await characters.body(widget))
}

/** Characters of the caller; anybody else's are not found. */
export function characterRoutes(host: PlatformHost, characters: Characters): readonly ApiRoute[] {
  return [...collection(host, characters), ...item(host, characters)]
}

function collection({ widgets }: PlatformHost, characters: Characters): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/ai-characters',
      rule,
      handle: async (call) =>
        jsonAnswer(
          200,
          await Promise.all((await widgets.list(ownerOf(call))).map((widget) => characters.body(widget))),
        ),
    },
    {
      method: 'POST',
      path: '/api/ai-characters',
      rule,
      async handle(call) {
        const body = await call.json()
        const input = readCharacter(body)
        const slug = body['slug']
        const missing = typeof slug === 'string' ? {} : { slug: ['This field is required.'] }
        const wrong = { ...missing, ...(input.outcome === 'refuse' && input.fields) }
        if (input.outcome === 'refuse' || typeof slug !== 'string')
          throw new ProtocolError('field_errors', 'not taken', { fields: wrong })
        const content = { ...nothing, ...input.content }
        const widget = written(
          await widgets.create({ slug, ...input.change, ...profileOf(content) }, ownerOf(call)),
        )
        await characters.save(widget.widgetId, content)
        return jsonAnswer(201, await characters.body(widget))
      },
    },
  ]
}

function item(host: PlatformHost, characters: Characters): readonly ApiRoute[] {
  const { widgets } = host
  return [
    {
      method: 'GET',
      path: '/api/ai-characters/{slug}',
      rule,
      async handle(call) {
        const widget = await widgets.find(slugOf(call), ownerOf(call))
        if (!widget) throw new ProtocolError('not_found', 'Not found.')
        return jsonAnswer(200, await characters.body(widget))
      },
    },
    {
      method: 'PATCH',
      path: '/api/ai-characters/{slug}',
      rule,
      handle: (call) => change(call, host, characters, false),
    },
    {
      method: 'PUT',
      path: '/api/ai-characters/{slug}',
      rule,
      handle: (call) => change(call, host, characters, true),
    },
    {
      method: 'DELETE',
      path: '/api/ai-characters/{slug}',
      rule,
      async handle(call) {
        const owner = ownerOf(call)
        const widget = await widgets.find(slugOf(call), owner)
        if (!widget || !(await widgets.remove(widget.slug, owner)))
          throw new ProtocolError('not_found', 'Not found.')
        await characters.remove(widget.widgetId)
        return new Response(null, { status: 204 })
      },
    },
  ]
}

/** The session that a page's token stands for. */
export const sessionRoute: ApiRoute = {
  method: 'GET',
  path: '/api/agents/{slug}/session',
  rule: { doors: ['oshara-widgets'], kinds: ['widget'] },
  handle({ principal, params }) {
    if (principal.widget?.slug !== params['slug'])
      throw new ProtocolError('forbidden', 'This token is for another character.')
    const { id, origin, expiresAt = 0 } = principal
    return jsonAnswer(200, {
      session_id: id,
      character_slug: principal.widget?.slug,
      origin,
      expires_at: new Date(expiresAt * 1000).toISOString(),
    })
  },
}
