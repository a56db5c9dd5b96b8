import type { AuditEvent } from './audit.ts'

/** What a browser widget may do and where it may run. Oshara calls it a character. */
export interface Widget {
  readonly widgetId: string
  readonly slug: string
  readonly doorId: string
  readonly accountId: string
  readonly teamId: string
  /** Entries as given, each checked; empty means nowhere. */
  readonly allowedOrigins: readonly string[]
  readonly active: boolean
  /** Whether a browser may override the settings of the session that it starts. */
  readonly allowOverrides: boolean
  /** Sessions that may be live at once. */
  readonly sessionLimit: number
  /** What the owner publishes about it (name, greeting, appearance); the engine does not interpret it. */
  readonly profile: Readonly<Record<string, unknown>>
  readonly createdAt: number
}

/** A started session of a widget, bound to the page's origin. */
export interface WidgetSession {
  readonly sessionId: string
  readonly widgetId: string
  /** Empty text where origin checks are off and the caller sent none. */
  readonly origin: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly endedAt: number | undefined
}

/** What the owner may change. */
export interface WidgetChange {
  readonly allowedOrigins?: readonly string[]
  readonly active?: boolean
  readonly allowOverrides?: boolean
  readonly sessionLimit?: number
  readonly profile?: Readonly<Record<string, unknown>>
}

/** Widgets and their sessions. */
export interface WidgetStore {
  /** `false` when the slug is taken. */
  create(widget: Omit<Widget, 'createdAt'>, event: AuditEvent, now: number): Promise<boolean>
  findBySlug(slug: string): Promise<Widget | undefined>
  find(widgetId: string): Promise<Widget | undefined>
  /** Ordered by slug. */
  list(teamId: string): Promise<readonly Widget[]>
  update(widgetId: string, change: WidgetChange, event: AuditEvent, now: number): Promise<boolean>
  /** Deletes it and ends its sessions. */
  remove(widgetId: string, event: AuditEvent, now: number): Promise<boolean>

  /** Starts a session unless `limit` are live already; `false` then. Of requests that arrive together only as many win as fit. */
  startSession(
    session: Omit<WidgetSession, 'createdAt' | 'endedAt'>,
    limit: number,
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  findSession(sessionId: string): Promise<WidgetSession | undefined>
  endSession(sessionId: string, event: AuditEvent, now: number): Promise<boolean>
  /** When the next of the live sessions ends, for a Retry-After. */
  nextSessionEnd(widgetId: string, now: number): Promise<number | undefined>
}
