import type { ApiKey, AuditEvent, Environment, KeyStore, MadeBy, SessionToken } from '../contract/index.ts'
import type { Database, Row, Statement } from '../database.ts'
import { bit, flag, list, number, optionalNumber, optionalText, orNull, text } from './row.ts'
import { audit, change, run, update } from './statements.ts'

const readEnvironment = (row: Row): Environment => (text(row, 'environment') === 'test' ? 'test' : 'live')

function readKey(row: Row): ApiKey {
  return {
    keyId: text(row, 'key_id'),
    hash: text(row, 'hash'),
    doorId: text(row, 'door_id'),
    accountId: text(row, 'account_id'),
    teamId: text(row, 'team_id'),
    name: text(row, 'name'),
    environment: readEnvironment(row),
    scope: list(row, 'scope'),
    ipList: list(row, 'ip_list'),
    preview: text(row, 'preview'),
    active: flag(row, 'active'),
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    revokedAt: optionalNumber(row, 'revoked_at'),
    lastUsedAt: optionalNumber(row, 'last_used_at'),
  }
}

function readSessionToken(row: Row): SessionToken {
  return {
    tokenId: text(row, 'token_id'),
    hash: text(row, 'hash'),
    doorId: text(row, 'door_id'),
    keyHash: optionalText(row, 'key_hash'),
    familyId: optionalText(row, 'family_id'),
    accountId: optionalText(row, 'account_id'),
    teamId: text(row, 'team_id'),
    environment: readEnvironment(row),
    scope: list(row, 'scope'),
    createdAt: number(row, 'created_at'),
    expiresAt: number(row, 'expires_at'),
    lastUsedAt: number(row, 'last_used_at'),
    endedAt: optionalNumber(row, 'ended_at'),
  }
}

/** Touches the sign-in while it lives. */
function stillSignedIn(by: MadeBy, now: number): Statement {
  if ('familyId' in by) {
    const sql = 'UPDATE token_family SET family_id = family_id WHERE family_id = $1 AND ended_at IS NULL'
    return { sql, params: [by.familyId], mustTouch: true }
  }
  const sql = 'UPDATE browser_session SET session_id = session_id WHERE hash = $1 AND expires_at > $2'
  return { sql, params: [by.sessionHash, now], mustTouch: true }
}

/** API keys and session tokens in SQL. */
export class SqlKeyStore implements KeyStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(
    key: Omit<ApiKey, 'createdAt' | 'revokedAt' | 'lastUsedAt' | 'active'>,
    event: AuditEvent,
    now: number,
    by?: MadeBy,
  ): Promise<boolean> {
    const { keyId, hash, doorId, accountId, teamId, name, environment, scope, ipList, preview, expiresAt } =
      key
    return run(this.#db, [
      ...(by ? [stillSignedIn(by, now)] : []),
      {
        sql: `INSERT INTO api_key (key_id, hash, door_id, account_id, team_id, name, environment, scope, ip_list, preview, active, created_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12)`,
        params: [
          keyId,
          hash,
          doorId,
          accountId,
          teamId,
          name,
          environment,
          scope.join(' '),
          ipList.join(' '),
          preview,
          now,
          orNull(expiresAt),
        ],
      },
      change('api-key', hash, now),
      audit(event, now),
    ])
  }

  async findByHash(hash: string): Promise<ApiKey | undefined> {
    const [row] = await this.#db.query('SELECT * FROM api_key WHERE hash = $1', [hash])
    return row && readKey(row)
  }

  async find(keyId: string): Promise<ApiKey | undefined> {
    const [row] = await this.#db.query('SELECT * FROM api_key WHERE key_id = $1', [keyId])
    return row && readKey(row)
  }

  async list({
    doorId,
    teamId,
  }: {
    readonly doorId: string
    readonly teamId: string
  }): Promise<readonly ApiKey[]> {
    const rows = await this.#db.query(
      'SELECT * FROM api_key WHERE team_id = $1 AND door_id = $2 AND revoked_at IS NULL ORDER BY key_id DESC',
      [teamId, doorId],
    )
    return rows.map(readKey)
  }

  async update(
    keyId: string,
    {
      name,
      active,
      ipList,
    }: { readonly name?: string; readonly active?: boolean; readonly ipList?: readonly string[] },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const hash = (await this.find(keyId))?.hash
    if (hash === undefined) return false
    const columns = {
      name,
      active: active === undefined ? undefined : bit(active),
      ip_list: ipList?.join(' '),
    }
    return run(this.#db, [
      update('api_key', 'key_id', keyId, columns),
      change('api-key', hash, now),
      audit(event, now),
    ])
  }

  async revoke(keyId: string, event: AuditEvent, now: number): Promise<boolean> {
    const hash = (await this.find(keyId))?.hash
    if (hash === undefined) return false
    return run(this.#db, [
      {
        sql: 'UPDATE api_key SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL',
        params: [keyId, now],
        mustTouch: true,
      },
      change('api-key', hash, now),
      audit(event, now),
    ])
  }

  async createSessionToken(
    token: Omit<SessionToken, 'createdAt' | 'lastUsedAt' | 'endedAt'>,
    event: AuditEvent,
    now: number,
  ): Promise<void> {
    const { tokenId, hash, doorId, keyHash, familyId, accountId, teamId, environment, scope, expiresAt } =
      token
    await this.#db.batch([
      {
        sql: `INSERT INTO session_token (hash, token_id, door_id, key_hash, family_id, account_id, team_id, environment, scope, created_at, expires_at, last_used_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)`,
        params: [
          hash,
          tokenId,
          doorId,
          orNull(keyHash),
          orNull(familyId),
          orNull(accountId),
          teamId,
          environment,
          scope.join(' '),
          now,
          expiresAt,
        ],
      },
      change('session-token', hash, now),
      audit(event, now),
    ])
  }

  async findSessionToken(hash: string): Promise<SessionToken | undefined> {
    const [row] = await this.#db.query('SELECT * FROM session_token WHERE hash = $1', [hash])
    return row && readSessionToken(row)
  }

  endSessionToken(hash: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: 'UPDATE session_token SET ended_at = $2 WHERE hash = $1 AND ended_at IS NULL',
        params: [hash, now],
        mustTouch: true,
      },
      change('session-token', hash, now),
      audit(event, now),
    ])
  }

  async touch(
    used: readonly {
      readonly kind: 'api-key' | 'session-token'
      readonly hash: string
      readonly at: number
    }[],
  ): Promise<void> {
    if (used.length === 0) return
    const keys =
      'UPDATE api_key SET last_used_at = $2 WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at < $2)'
    const tokens = 'UPDATE session_token SET last_used_at = $2 WHERE hash = $1 AND last_used_at < $2'
    await this.#db.batch(
      used.map(({ kind, hash, at }) => ({ sql: kind === 'api-key' ? keys : tokens, params: [hash, at] })),
    )
  }
}
