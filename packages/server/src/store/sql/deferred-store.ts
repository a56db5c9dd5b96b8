import type { DeferredStatus } from '@sallyport/protocol'
import type {
  AuditEvent,
  Deferred,
  DeferredStore,
  Family,
  NewDeferred,
  NewFamily,
  PolledDeferred,
} from '../contract/index.ts'
import type { Database, Row, Statement } from '../database.ts'
import { giveConsent, holdSession, insertFamily, readFamily } from './family-statements.ts'
import { detailsText, readDetails, words } from './limit-columns.ts'
import { flag, list, number, optionalList, optionalText, orNull, text } from './row.ts'
import { audit, run } from './statements.ts'

const statuses: readonly DeferredStatus[] = ['pending', 'approved', 'denied', 'redeemed']

function readStatus(row: Row): DeferredStatus {
  const found = statuses.find((status) => status === row['status'])
  if (!found) throw new Error(`deferred_request.status is ${String(row['status'])}`)
  return found
}

function readDeferred(row: Row): Deferred {
  return {
    hash: text(row, 'hash'),
    requestId: text(row, 'request_id'),
    userCode: optionalText(row, 'user_code'),
    doorId: text(row, 'door_id'),
    clientId: text(row, 'client_id'),
    accountId: optionalText(row, 'account_id'),
    scope: list(row, 'scope'),
    resources: optionalList(row, 'resources') ?? [],
    details: readDetails(row),
    bindingMessage: optionalText(row, 'binding_message'),
    ip: text(row, 'ip'),
    status: readStatus(row),
    createdAt: number(row, 'created_at'),
    expiresAt: number(row, 'expires_at'),
    interval: number(row, 'poll_interval'),
  }
}

/** The one winner of all decisions about a request. */
function decide(
  requestId: string,
  to: { readonly status: 'approved' | 'denied'; readonly accountId: string; readonly familyId?: string },
  now: number,
): Statement {
  return {
    sql: `UPDATE deferred_request SET status = $2, account_id = $3, family_id = $4
           WHERE request_id = $1 AND status = 'pending' AND expires_at > $5 AND (account_id IS NULL OR account_id = $3)`,
    params: [requestId, to.status, to.accountId, orNull(to.familyId), now],
    mustTouch: true,
  }
}

/** Requests that are decided on another device, in SQL. */
export class SqlDeferredStore implements DeferredStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  add(request: NewDeferred, event: AuditEvent, now: number): Promise<boolean> {
    const { hash, requestId, userCode, doorId, clientId, accountId, scope, bindingMessage, ip } = request
    return run(this.#db, [
      {
        sql: `INSERT INTO deferred_request (hash, request_id, user_code, door_id, client_id, account_id, scope, binding_message, ip,
                status, family_id, created_at, expires_at, poll_interval, polled_at, too_soon, resources, authorization_details)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', NULL, $10, $11, $12, NULL, 0, $13, $14) ON CONFLICT DO NOTHING`,
        params: [
          hash,
          requestId,
          orNull(userCode),
          doorId,
          clientId,
          orNull(accountId),
          scope.join(' '),
          orNull(bindingMessage),
          ip,
          now,
          request.expiresAt,
          request.interval,
          words(request.resources),
          detailsText(request.details),
        ],
        mustTouch: true,
      },
      audit(event, now),
    ])
  }

  findByUserCode(userCode: string, now: number): Promise<Deferred | undefined> {
    return this.#find('user_code', userCode, now)
  }

  find(requestId: string, now: number): Promise<Deferred | undefined> {
    return this.#find('request_id', requestId, now)
  }

  async #find(column: 'user_code' | 'request_id', value: string, now: number): Promise<Deferred | undefined> {
    const [row] = await this.#db.query(
      `SELECT * FROM deferred_request WHERE ${column} = $1 AND status = 'pending' AND expires_at > $2`,
      [value, now],
    )
    return row && readDeferred(row)
  }

  async waitingFor(accountId: string, now: number): Promise<readonly Deferred[]> {
    const rows = await this.#db.query(
      `SELECT * FROM deferred_request WHERE account_id = $1 AND status = 'pending' AND expires_at > $2
        ORDER BY created_at, request_id`,
      [accountId, now],
    )
    return rows.map(readDeferred)
  }

  async poll(
    { hash, doorId, clientId }: { readonly hash: string; readonly doorId: string; readonly clientId: string },
    slowDownBy: number,
    now: number,
  ): Promise<PolledDeferred | undefined> {
    const early = 'polled_at IS NOT NULL AND $4 - polled_at < poll_interval'
    const { done, rows } = await this.#db.batch([
      {
        sql: `UPDATE deferred_request SET too_soon = CASE WHEN ${early} THEN 1 ELSE 0 END,
                poll_interval = CASE WHEN ${early} THEN poll_interval + $5 ELSE poll_interval END, polled_at = $4
               WHERE hash = $1 AND door_id = $2 AND client_id = $3 RETURNING *`,
        params: [hash, doorId, clientId, now, slowDownBy],
        mustTouch: true,
      },
      {
        sql: 'SELECT * FROM token_family WHERE family_id = (SELECT family_id FROM deferred_request WHERE hash = $1)',
        params: [hash],
      },
    ])
    const [row, family] = [rows[0]?.[0], rows[1]?.[0]]
    if (!done || !row) return undefined
    return { ...readDeferred(row), tooSoon: flag(row, 'too_soon'), family: family && readFamily(family) }
  }

  approve(
    requestId: string,
    family: NewFamily & { readonly accountId: string },
    { sessionHash, event }: { readonly sessionHash: string; readonly event: AuditEvent },
    now: number,
  ): Promise<boolean> {
    const { accountId, familyId } = family
    return run(this.#db, [
      holdSession(sessionHash, now),
      decide(requestId, { status: 'approved', accountId, familyId }, now),
      insertFamily(family, now),
      giveConsent(family, now),
      audit(event, now),
    ])
  }

  deny(requestId: string, accountId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [decide(requestId, { status: 'denied', accountId }, now), audit(event, now)])
  }

  async redeem(hash: string, event: AuditEvent, now: number): Promise<Family | undefined> {
    const { done, rows } = await this.#db.batch([
      {
        sql: `UPDATE deferred_request SET status = 'redeemed' WHERE hash = $1 AND status = 'approved'`,
        params: [hash],
        mustTouch: true,
      },
      {
        sql: `UPDATE token_family SET issued_at = $2
               WHERE family_id = (SELECT family_id FROM deferred_request WHERE hash = $1) AND ended_at IS NULL RETURNING *`,
        params: [hash, now],
        mustTouch: true,
      },
      audit(event, now),
    ])
    const row = rows[1]?.[0]
    return done && row ? readFamily(row) : undefined
  }
}
