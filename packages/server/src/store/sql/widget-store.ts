import type { AuditEvent, Widget, WidgetChange, WidgetSession, WidgetStore } from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { bit, flag, json, number, optionalNumber, text, texts } from './row.ts'
import { audit, change, changes, run, update } from './statements.ts'

function readWidget(row: Row): Widget {
  return {
    widgetId: text(row, 'widget_id'),
    slug: text(row, 'slug'),
    doorId: text(row, 'door_id'),
    accountId: text(row, 'account_id'),
    teamId: text(row, 'team_id'),
    allowedOrigins: texts(row, 'allowed_origins'),
    active: flag(row, 'active'),
    allowOverrides: flag(row, 'allow_overrides'),
    sessionLimit: number(row, 'session_limit'),
    profile: json(row, 'profile'),
    createdAt: number(row, 'created_at'),
  }
}

const optionalBit = (value: boolean | undefined) => (value === undefined ? undefined : bit(value))
const optionalJson = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value))

/** Widgets and their sessions in SQL. */
export class SqlWidgetStore implements WidgetStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(widget: Omit<Widget, 'createdAt'>, event: AuditEvent, now: number): Promise<boolean> {
    const {
      widgetId,
      slug,
      doorId,
      accountId,
      teamId,
      allowedOrigins,
      active,
      allowOverrides,
      sessionLimit,
      profile,
    } = widget
    return run(this.#db, [
      {
        sql: `INSERT INTO widget (widget_id, slug, door_id, account_id, team_id, allowed_origins, active, allow_overrides, session_limit, profile, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (slug) DO NOTHING`,
        params: [
          widgetId,
          slug,
          doorId,
          accountId,
          teamId,
          JSON.stringify(allowedOrigins),
          bit(active),
          bit(allowOverrides),
          sessionLimit,
          JSON.stringify(profile),
          now,
        ],
        mustTouch: true,
      },
      change('widget', widgetId, now),
      audit(event, now),
    ])
  }

  async findBySlug(slug: string): Promise<Widget | undefined> {
    const [row] = await this.#db.query('SELECT * FROM widget WHERE slug = $1', [slug])
    return row && readWidget(row)
  }

  async find(widgetId: string): Promise<Widget | undefined> {
    const [row] = await this.#db.query('SELECT * FROM widget WHERE widget_id = $1', [widgetId])
    return row && readWidget(row)
  }

  async list(teamId: string): Promise<readonly Widget[]> {
    return (await this.#db.query('SELECT * FROM widget WHERE team_id = $1 ORDER BY slug', [teamId])).map(
      readWidget,
    )
  }

  update(
    widgetId: string,
    { allowedOrigins, active, allowOverrides, sessionLimit, profile }: WidgetChange,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const columns = {
      allowed_origins: optionalJson(allowedOrigins),
      active: optionalBit(active),
      allow_overrides: optionalBit(allowOverrides),
      session_limit: sessionLimit,
      profile: optionalJson(profile),
    }
    return run(this.#db, [
      update('widget', 'widget_id', widgetId, columns),
      change('widget', widgetId, now),
      audit(event, now),
    ])
  }

  remove(widgetId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      { sql: 'DELETE FROM widget WHERE widget_id = $1', params: [widgetId], mustTouch: true },
      changes(
        'widget-session',
        'SELECT session_id AS id FROM widget_session WHERE widget_id = $3 AND ended_at IS NULL',
        [widgetId],
        now,
      ),
      {
        sql: 'UPDATE widget_session SET ended_at = $2 WHERE widget_id = $1 AND ended_at IS NULL',
        params: [widgetId, now],
      },
      change('widget', widgetId, now),
      audit(event, now),
    ])
  }

  startSession(
    session: Omit<WidgetSession, 'createdAt' | 'endedAt'>,
    limit: number,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { sessionId, widgetId, origin, expiresAt } = session
    return run(this.#db, [
      // Touched first: a second start waits here, and then counts this one too.
      {
        sql: 'UPDATE widget SET widget_id = widget_id WHERE widget_id = $1',
        params: [widgetId],
        mustTouch: true,
      },
      {
        sql: `INSERT INTO widget_session (session_id, widget_id, origin, created_at, expires_at, ended_at)
              SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), NULL
               WHERE (SELECT COUNT(*) FROM widget_session WHERE widget_id = $2 AND expires_at > $4 AND ended_at IS NULL) < $6`,
        params: [sessionId, widgetId, origin, now, expiresAt, limit],
        mustTouch: true,
      },
      audit(event, now),
    ])
  }

  async findSession(sessionId: string): Promise<WidgetSession | undefined> {
    const [row] = await this.#db.query('SELECT * FROM widget_session WHERE session_id = $1', [sessionId])
    return (
      row && {
        sessionId,
        widgetId: text(row, 'widget_id'),
        origin: text(row, 'origin'),
        createdAt: number(row, 'created_at'),
        expiresAt: number(row, 'expires_at'),
        endedAt: optionalNumber(row, 'ended_at'),
      }
    )
  }

  endSession(sessionId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: 'UPDATE widget_session SET ended_at = $2 WHERE session_id = $1 AND ended_at IS NULL',
        params: [sessionId, now],
        mustTouch: true,
      },
      change('widget-session', sessionId, now),
      audit(event, now),
    ])
  }

  async nextSessionEnd(widgetId: string, now: number): Promise<number | undefined> {
    const [row] = await this.#db.query(
      'SELECT MIN(expires_at) AS next FROM widget_session WHERE widget_id = $1 AND expires_at > $2 AND ended_at IS NULL',
      [widgetId, now],
    )
    return row && optionalNumber(row, 'next')
  }
}
