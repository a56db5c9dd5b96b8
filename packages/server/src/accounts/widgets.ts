import { checkOriginEntry } from '@sallyport/protocol'
import { newId } from '../crypto/id.ts'
import type { AuditEvent, Store, Widget, WidgetChange } from '../store/contract/index.ts'

/** Who does something to a widget: whose team it is in, and what the audit log shall say of the request. */
export interface WidgetOwner {
  readonly accountId: string
  readonly teamId: string
  readonly doorId: string
  readonly ip?: string
  readonly requestId?: string
}

/** A new widget, in its owner's words. */
export interface NewWidget extends WidgetChange {
  readonly slug: string
}

/** What became of a request to write a widget: messages by field where it was refused. */
export type WidgetWrite =
  | { readonly outcome: 'written'; readonly widget: Widget }
  | { readonly outcome: 'refuse'; readonly fields: Readonly<Record<string, readonly string[]>> }
  | { readonly outcome: 'unknown' }

/** The engine's widgets, for whoever lets people manage them. Another team's widget is unknown. */
export interface WidgetDesk {
  list(owner: WidgetOwner): Promise<readonly Widget[]>
  find(slug: string, owner: WidgetOwner): Promise<Widget | undefined>
  create(widget: NewWidget, owner: WidgetOwner): Promise<WidgetWrite>
  update(slug: string, change: WidgetChange, owner: WidgetOwner): Promise<WidgetWrite>
  remove(slug: string, owner: WidgetOwner): Promise<boolean>
}

const mostOrigins = 100
const slugShape = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/

function wrongOrigins(entries: readonly string[] | undefined): Record<string, readonly string[]> {
  if (entries === undefined) return {}
  if (entries.length > mostOrigins)
    return { allowed_origins: [`At most ${mostOrigins} origins; ${entries.length} were given.`] }
  const wrong = entries.flatMap((entry) => {
    const reason = checkOriginEntry(entry)
    return reason === undefined ? [] : [`"${entry.slice(0, 200)}": ${reason}`]
  })
  return wrong.length > 0 ? { allowed_origins: wrong } : {}
}

function checkWidget(
  slug: string,
  origins: readonly string[] | undefined,
): Record<string, readonly string[]> {
  const wrongSlug = slugShape.test(slug)
    ? {}
    : { slug: ['Use 1 to 64 lower-case letters, digits and inner hyphens.'] }
  return { ...wrongSlug, ...wrongOrigins(origins) }
}

/** Widgets over a store. Everything that a list of origins may hold is checked here, once, on entry. */
class StoredWidgets implements WidgetDesk {
  readonly #store: Store
  readonly #now: () => number

  constructor(store: Store, now: () => number) {
    this.#store = store
    this.#now = now
  }

  async list({ teamId }: WidgetOwner): Promise<readonly Widget[]> {
    const widgets = await this.#store.widgets.list(teamId)
    // What a platform answers rests on this, and not every platform's answer passes through the server.
    await this.#store.durable()
    return widgets
  }

  async find(slug: string, { teamId }: WidgetOwner): Promise<Widget | undefined> {
    const widget = await this.#store.widgets.findBySlug(slug)
    await this.#store.durable()
    return widget?.teamId === teamId ? widget : undefined
  }

  async create({ slug, ...settings }: NewWidget, owner: WidgetOwner): Promise<WidgetWrite> {
    const fields = checkWidget(slug, settings.allowedOrigins)
    if (Object.keys(fields).length > 0) return { outcome: 'refuse', fields }
    const now = this.#now()
    const { accountId, teamId, doorId } = owner
    const defaults = {
      allowedOrigins: [],
      active: true,
      allowOverrides: false,
      sessionLimit: 100,
      profile: {},
    }
    const widget = { ...defaults, ...settings, slug, widgetId: newId('wid_', now), accountId, teamId, doorId }
    const created = await this.#store.widgets.create(
      widget,
      event('widget.created', widget.widgetId, owner),
      now,
    )
    if (!created) return { outcome: 'refuse', fields: { slug: ['This slug is taken.'] } }
    return { outcome: 'written', widget: { ...widget, createdAt: now } }
  }

  async update(slug: string, change: WidgetChange, owner: WidgetOwner): Promise<WidgetWrite> {
    const widget = await this.find(slug, owner)
    if (!widget) return { outcome: 'unknown' }
    const fields = wrongOrigins(change.allowedOrigins)
    if (Object.keys(fields).length > 0) return { outcome: 'refuse', fields }
    const updated = event('widget.updated', widget.widgetId, owner)
    const done = await this.#store.widgets.update(widget.widgetId, change, updated, this.#now())
    return done ? { outcome: 'written', widget: { ...widget, ...change } } : { outcome: 'unknown' }
  }

  async remove(slug: string, owner: WidgetOwner): Promise<boolean> {
    const widget = await this.find(slug, owner)
    if (!widget) return false
    return this.#store.widgets.remove(
      widget.widgetId,
      event('widget.removed', widget.widgetId, owner),
      this.#now(),
    )
  }
}

function event(type: string, widgetId: string, owner: WidgetOwner): AuditEvent {
  return { ...owner, type, targetId: widgetId }
}

/** Opens the engine's widgets. */
export function createWidgetDesk(store: Store, now: () => number): WidgetDesk {
  return new StoredWidgets(store, now)
}
