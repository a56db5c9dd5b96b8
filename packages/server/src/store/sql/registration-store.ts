import type {
  AuditEvent,
  InitialToken,
  NewRegistration,
  Registration,
  RegistrationChange,
  RegistrationStore,
} from '../contract/index.ts'
import type { Database, Row, Statement } from '../database.ts'
import { listOrigins } from './client-origins.ts'
import { insertClient, insertSecret, set, setAuthentication, setChoices, setLogout } from './client-row.ts'
import { bit, json, number, optionalText, orNull, text } from './row.ts'
import { audit, change, run, update } from './statements.ts'

function readRegistration(row: Row): Registration {
  return {
    clientId: text(row, 'client_id'),
    // Written by this store, from the texts and lists of texts that a registration may have.
    about: json(row, 'about') as Registration['about'],
    tokenHash: optionalText(row, 'token_hash'),
    fingerprint: optionalText(row, 'fingerprint'),
    initialTokenId: optionalText(row, 'initial_token_id'),
    registeredAt: number(row, 'registered_at'),
  }
}

function readToken(row: Row): InitialToken {
  return {
    tokenId: text(row, 'token_id'),
    hash: text(row, 'hash'),
    doorId: text(row, 'door_id'),
    name: text(row, 'name'),
    usesLeft: number(row, 'uses_left'),
    expiresAt: number(row, 'expires_at'),
  }
}

function spend(tokenId: string, now: number): Statement {
  return {
    sql: 'UPDATE initial_token SET uses_left = uses_left - 1 WHERE token_id = $1 AND uses_left > 0 AND expires_at > $2',
    params: [tokenId, now],
    mustTouch: true,
  }
}

/** Software that registered itself, in SQL. */
export class SqlRegistrationStore implements RegistrationStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(
    { client, secret, registration }: NewRegistration,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { clientId } = client
    const { about, tokenHash, fingerprint, initialTokenId } = registration
    return run(this.#db, [
      {
        sql: `INSERT INTO client_registration (client_id, about, token_hash, fingerprint, initial_token_id, registered_at)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
        params: [
          clientId,
          JSON.stringify(about),
          orNull(tokenHash),
          orNull(fingerprint),
          orNull(initialTokenId),
          now,
        ],
        mustTouch: true,
      },
      ...(initialTokenId === undefined ? [] : [spend(initialTokenId, now)]),
      insertClient(client, now),
      ...listOrigins(clientId, client.redirectUris),
      ...(secret ? [insertSecret(clientId, secret, now)] : []),
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  async find(clientId: string): Promise<Registration | undefined> {
    const [row] = await this.#db.query('SELECT * FROM client_registration WHERE client_id = $1', [clientId])
    return row && readRegistration(row)
  }

  async repeat(fingerprint: string, now: number): Promise<string | undefined> {
    const { rows } = await this.#db.batch([
      {
        sql: 'UPDATE client_registration SET registered_at = $2 WHERE fingerprint = $1 RETURNING client_id',
        params: [fingerprint, now],
      },
    ])
    const row = rows[0]?.[0]
    return row && text(row, 'client_id')
  }

  replace(
    clientId: string,
    { client, about }: RegistrationChange,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { name, type, grantTypes, redirectUris, scope, authentication, logout } = client
    return run(this.#db, [
      {
        sql: 'UPDATE client_registration SET about = $2, registered_at = $3 WHERE client_id = $1',
        params: [clientId, JSON.stringify(about), now],
        mustTouch: true,
      },
      update('client', 'client_id', clientId, {
        name,
        type,
        grant_types: set(grantTypes),
        redirect_uris: set(redirectUris),
        scope: set(scope),
        require_pushed: bit(client.requirePushed ?? false),
        require_signed: bit(client.requireSigned ?? false),
      }),
      setAuthentication(clientId, authentication),
      setLogout(clientId, logout),
      setChoices(clientId, client.choices ?? {}),
      ...listOrigins(clientId, redirectUris),
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  async addToken(token: InitialToken, event: AuditEvent, now: number): Promise<void> {
    const { tokenId, hash, doorId, name, usesLeft, expiresAt } = token
    await run(this.#db, [
      {
        sql: `INSERT INTO initial_token (token_id, hash, door_id, name, uses_left, created_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        params: [tokenId, hash, doorId, name, usesLeft, now, expiresAt],
      },
      audit(event, now),
    ])
  }

  async findToken(hash: string, now: number): Promise<InitialToken | undefined> {
    const [row] = await this.#db.query(
      'SELECT * FROM initial_token WHERE hash = $1 AND uses_left > 0 AND expires_at > $2',
      [hash, now],
    )
    return row && readToken(row)
  }

  async tokensOf(doorId: string, now: number): Promise<readonly InitialToken[]> {
    const rows = await this.#db.query(
      'SELECT * FROM initial_token WHERE door_id = $1 AND uses_left > 0 AND expires_at > $2 ORDER BY token_id LIMIT 1000',
      [doorId, now],
    )
    return rows.map(readToken)
  }

  removeToken(tokenId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      { sql: 'DELETE FROM initial_token WHERE token_id = $1', params: [tokenId], mustTouch: true },
      audit(event, now),
    ])
  }
}
