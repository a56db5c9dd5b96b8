import type { Tables, Widget, WidgetChange } from 'sallyport'

/** What Oshara itself keeps of a character; origins and sessions are the engine's. */
export interface Content {
  readonly name: string
  readonly system_prompt: string
  readonly greeting: string
  /** How it looks, in the widget's own words: drawn by the page, not interpreted here. */
  readonly appearance: Readonly<Record<string, unknown>>
}

/** A character of which nothing is said yet. */
export const nothing: Content = { name: '', system_prompt: '', greeting: '', appearance: {} }

/** A character as posted: what is wrong, by field, or its parts. */
export type CharacterInput =
  | { readonly outcome: 'refuse'; readonly fields: Readonly<Record<string, readonly string[]>> }
  | { readonly outcome: 'ok'; readonly change: WidgetChange; readonly content: Partial<Content> }

const longest = { name: 200, system_prompt: 20_000, greeting: 2_000, appearance: 4_000 }
const names = ['name', 'system_prompt', 'greeting'] as const

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads the members of a character that a caller may set. */
export function readCharacter(body: Readonly<Record<string, unknown>>): CharacterInput {
  const fields: Record<string, readonly string[]> = {}
  const content: { -readonly [Name in keyof Content]?: Content[Name] } = {}
  for (const name of names) {
    const value = body[name]
    if (value === undefined) continue
    if (typeof value === 'string' && value.length <= longest[name]) content[name] = value
    else fields[name] = [`Expected text of at most ${longest[name]} characters.`]
  }
  const { appearance } = body
  if (isObject(appearance) && JSON.stringify(appearance).length <= longest.appearance)
    content.appearance = appearance
  else if (appearance !== undefined)
    fields['appearance'] = [`Expected an object of at most ${longest.appearance} characters.`]
  const { allowed_origins: origins, is_active: active, session_limit: sessionLimit } = body
  const allowedOrigins =
    Array.isArray(origins) && origins.every((one): one is string => typeof one === 'string')
      ? origins
      : undefined
  if (origins !== undefined && !allowedOrigins) fields['allowed_origins'] = ['Expected a list of strings.']
  if (active !== undefined && typeof active !== 'boolean') fields['is_active'] = ['Must be a valid boolean.']
  const isLimit =
    typeof sessionLimit === 'number' &&
    Number.isSafeInteger(sessionLimit) &&
    sessionLimit >= 0 &&
    sessionLimit <= 100_000
  if (sessionLimit !== undefined && !isLimit)
    fields['session_limit'] = ['Expected a whole number from 0 to 100000.']
  if (Object.keys(fields).length > 0) return { outcome: 'refuse', fields }
  const change = {
    ...(allowedOrigins && { allowedOrigins }),
    ...(typeof active === 'boolean' && { active }),
    ...(isLimit && { sessionLimit }),
  }
  return { outcome: 'ok', change, content }
}

/** Oshara's side of characters: one row beside each of the engine's widgets. */
export class Characters {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** What is said of a character. The engine makes widgets too, in a demonstration: those have a profile and no row. */
  async content({ widgetId, profile }: Widget): Promise<Content> {
    const [row] = await this.#tables.query(
      'SELECT name, system_prompt, greeting FROM oshara_character WHERE widget_id = $1',
      [widgetId],
    )
    const text = (name: (typeof names)[number]) => {
      const value = row ? row[name] : profile[name]
      return typeof value === 'string' ? value : ''
    }
    const appearance = isObject(profile['appearance']) ? profile['appearance'] : {}
    return {
      name: text('name'),
      system_prompt: text('system_prompt'),
      greeting: text('greeting'),
      appearance,
    }
  }

  async save(widgetId: string, { name, system_prompt, greeting }: Content): Promise<void> {
    await this.#tables.write(
      `INSERT INTO oshara_character (widget_id, name, system_prompt, greeting) VALUES ($1, $2, $3, $4)
       ON CONFLICT (widget_id) DO UPDATE SET name = $2, system_prompt = $3, greeting = $4`,
      [widgetId, name, system_prompt, greeting],
    )
  }

  async remove(widgetId: string): Promise<void> {
    await this.#tables.write('DELETE FROM oshara_character WHERE widget_id = $1', [widgetId])
  }

  /** A character as its owner sees it. */
  async body(widget: Widget): Promise<Readonly<Record<string, unknown>>> {
    const { slug, allowedOrigins, active, sessionLimit, createdAt } = widget
    const content = await this.content(widget)
    return {
      slug,
      name: content.name || slug,
      system_prompt: content.system_prompt,
      greeting: content.greeting,
      appearance: content.appearance,
      allowed_origins: allowedOrigins,
      is_active: active,
      session_limit: sessionLimit,
      created_at: new Date(createdAt * 1000).toISOString(),
    }
  }
}
