import { type FetchHandler, fetchGuard } from '@sallyport/guard/fetch'
import type { Principal } from '@sallyport/guard'
import type {
  CallInfo,
  Mount,
  PlatformHost,
  Tables,
  Widget,
  WidgetChange,
  WidgetOwner,
  WidgetWrite,
} from 'sallyport'
import { migrations } from './tables.ts'

const json = (status: number, body: unknown) =>
  Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
const notFound = () => json(404, { detail: 'Not found.' })

/** What Oshara itself keeps of a character; origins and sessions are the engine's. */
interface Content {
  readonly name: string
  readonly system_prompt: string
  readonly greeting: string
}

interface CharacterInput {
  readonly change: WidgetChange
  readonly content: Partial<Content>
}

const texts = ['name', 'system_prompt', 'greeting'] as const
const limits = { name: 200, system_prompt: 20_000, greeting: 2_000 }

/** Reads a character as posted: what is wrong, by field, or the parts of it. */
function readCharacter(
  body: Readonly<Record<string, unknown>>,
): { readonly fields: Record<string, string[]> } | CharacterInput {
  const fields: Record<string, string[]> = {}
  const content: Record<string, string> = {}
  for (const name of texts) {
    const value = body[name]
    if (value === undefined) continue
    if (typeof value === 'string' && value.length <= limits[name]) content[name] = value
    else fields[name] = [`Expected text of at most ${limits[name]} characters.`]
  }
  const origins = body['allowed_origins']
  const listed =
    Array.isArray(origins) && origins.every((one): one is string => typeof one === 'string')
      ? origins
      : undefined
  if (origins !== undefined && !listed) fields['allowed_origins'] = ['Expected a list of strings.']
  const active = body['is_active']
  if (active !== undefined && typeof active !== 'boolean') fields['is_active'] = ['Must be a valid boolean.']
  if (Object.keys(fields).length > 0) return { fields }
  return {
    change: { ...(listed && { allowedOrigins: listed }), ...(typeof active === 'boolean' && { active }) },
    content,
  }
}

function ownerOf({ accountId, team, door }: Principal, { ip, requestId }: CallInfo): WidgetOwner {
  return {
    accountId: accountId ?? '',
    teamId: team?.id ?? '',
    doorId: 'oshara-widgets',
    ip,
    requestId: `${requestId}`,
    ...(door && {}),
  }
}

/** Characters in Oshara's own table, one row beside each of the engine's widgets. */
class Characters {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  async content(widgetId: string): Promise<Content> {
    const [row] = await this.#tables.query(
      'SELECT name, system_prompt, greeting FROM oshara_character WHERE widget_id = $1',
      [widgetId],
    )
    return {
      name: String(row?.['name'] ?? ''),
      system_prompt: String(row?.['system_prompt'] ?? ''),
      greeting: String(row?.['greeting'] ?? ''),
    }
  }

  async save(widgetId: string, content: Partial<Content>): Promise<Content> {
    const { name, system_prompt, greeting } = { ...(await this.content(widgetId)), ...content }
    await this.#tables.write(
      `INSERT INTO oshara_character (widget_id, name, system_prompt, greeting) VALUES ($1, $2, $3, $4)
       ON CONFLICT (widget_id) DO UPDATE SET name = $2, system_prompt = $3, greeting = $4`,
      [widgetId, name, system_prompt, greeting],
    )
    return { name, system_prompt, greeting }
  }

  async remove(widgetId: string): Promise<void> {
    await this.#tables.write('DELETE FROM oshara_character WHERE widget_id = $1', [widgetId])
  }

  async body(widget: Widget): Promise<Readonly<Record<string, unknown>>> {
    const { slug, allowedOrigins, active, createdAt } = widget
    const content = await this.content(widget.widgetId)
    return {
      slug,
      ...content,
      name: content.name || slug,
      allowed_origins: allowedOrigins,
      is_active: active,
      created_at: new Date(createdAt * 1000).toISOString(),
    }
  }
}
