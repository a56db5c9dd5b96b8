import type { ClientAuthentication, ClientLogout, ClientRules, Scope } from '@sallyport/protocol'
import type {
  AuditEvent,
  Client,
  ClientSecret,
  ClientStore,
  ClientWithSecrets,
  Consent,
} from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { hasOrigin, listOrigins } from './client-origins.ts'
import {
  insertClient,
  insertSecret,
  readClient,
  readSecret,
  set,
  setAuthentication,
  setLogout,
  setChoices,
} from './client-row.ts'
import { bit, list, number, optionalList, text } from './row.ts'
import { audit, change, changes, endFamilies, remove, run, update } from './statements.ts'

function readConsent(row: Row): Consent {
  return {
    accountId: text(row, 'account_id'),
    clientId: text(row, 'client_id'),
    teamId: text(row, 'team_id'),
    scope: list(row, 'scope'),
    resources: optionalList(row, 'resources') ?? [],
    claims: optionalList(row, 'claims') ?? [],
    grantedAt: number(row, 'granted_at'),
  }
}

/** Registered software and what people allowed it, in SQL. */
export class SqlClientStore implements ClientStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(
    client: Omit<Client, 'createdAt'>,
    secret: ClientSecret | undefined,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { clientId } = client
    return run(this.#db, [
      insertClient(client, now),
      ...listOrigins(clientId, client.redirectUris),
      ...(secret ? [insertSecret(clientId, secret, now)] : []),
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  async find(clientId: string, now: number): Promise<ClientWithSecrets | undefined> {
    const [rows, secrets] = await Promise.all([
      this.#db.query('SELECT * FROM client WHERE client_id = $1', [clientId]),
      this.#db.query(
        'SELECT * FROM client_secret WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at, secret_id',
        [clientId, now],
      ),
    ])
    const [row] = rows
    if (!row) return undefined
    return { ...readClient(row), secrets: secrets.map(readSecret) }
  }

  hasOrigin(origin: string, doorIds: readonly string[], clientId: string | undefined): Promise<boolean> {
    return hasOrigin(this.#db, origin, doorIds, clientId)
  }

  async list(teamId: string | undefined): Promise<readonly Client[]> {
    const rows =
      teamId === undefined
        ? await this.#db.query('SELECT * FROM client WHERE team_id IS NULL ORDER BY client_id', [])
        : await this.#db.query('SELECT * FROM client WHERE team_id = $1 ORDER BY client_id', [teamId])
    return rows.map(readClient)
  }

  update(
    clientId: string,
    {
      name,
      redirectUris,
      scope,
      resources,
      requirePushed,
      requireSigned,
      choices,
      authentication,
      logout,
    }: {
      readonly name?: string
      readonly redirectUris?: readonly string[]
      readonly scope?: Scope
      readonly resources?: readonly string[]
      readonly authentication?: ClientAuthentication
      readonly logout?: ClientLogout
    } & ClientRules,
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const columns = {
      name,
      redirect_uris: set(redirectUris),
      scope: set(scope),
      resources: set(resources),
      require_pushed: requirePushed === undefined ? undefined : bit(requirePushed),
      require_signed: requireSigned === undefined ? undefined : bit(requireSigned),
    }
    return run(this.#db, [
      update('client', 'client_id', clientId, columns),
      ...(authentication ? [setAuthentication(clientId, authentication)] : []),
      ...(logout ? [setLogout(clientId, logout)] : []),
      ...(choices ? [setChoices(clientId, choices)] : []),
      ...(redirectUris ? listOrigins(clientId, redirectUris) : []),
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  rotateSecret(
    clientId: string,
    rotation: { readonly secret: ClientSecret; readonly overlapUntil: number },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { secret, overlapUntil } = rotation
    return run(this.#db, [
      {
        sql: 'UPDATE client SET client_id = client_id WHERE client_id = $1',
        params: [clientId],
        mustTouch: true,
      },
      // Two live at once: the newest of the older ones overlaps, the rest end now.
      {
        sql: `UPDATE client_secret SET expires_at = $2 WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2) AND secret_id NOT IN
              (SELECT secret_id FROM client_secret WHERE client_id = $1 ORDER BY created_at DESC, secret_id DESC LIMIT 1)`,
        params: [clientId, now],
      },
      {
        sql: 'UPDATE client_secret SET expires_at = $2 WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)',
        params: [clientId, overlapUntil],
      },
      insertSecret(clientId, secret, now),
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  endSecret(
    clientId: string,
    { secretId, endAt }: { readonly secretId: string; readonly endAt: number },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    return run(this.#db, [
      {
        sql: `UPDATE client_secret SET expires_at = $3
               WHERE client_id = $1 AND secret_id = $2 AND (expires_at IS NULL OR expires_at > $3)`,
        params: [clientId, secretId, endAt],
        mustTouch: true,
      },
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  async touchSecrets(used: readonly { readonly secretId: string; readonly at: number }[]): Promise<void> {
    if (used.length === 0) return
    const sql =
      'UPDATE client_secret SET last_used_at = $2 WHERE secret_id = $1 AND (last_used_at IS NULL OR last_used_at < $2)'
    await this.#db.batch(used.map(({ secretId, at }) => ({ sql, params: [secretId, at] })))
  }

  useAssertion(hash: string, until: number, now: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: `INSERT INTO used_assertion (hash, expires_at) VALUES ($1, $2)
              ON CONFLICT (hash) DO UPDATE SET expires_at = $2 WHERE used_assertion.expires_at < $3`,
        params: [hash, until, now],
        mustTouch: true,
      },
    ])
  }

  remove(clientId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      { sql: 'DELETE FROM client WHERE client_id = $1', params: [clientId], mustTouch: true },
      ...endFamilies('client_id', clientId, now),
      remove('client_secret', 'client_id', clientId),
      remove('client_registration', 'client_id', clientId),
      remove('client_origin', 'client_id', clientId),
      remove('authorization_code', 'client_id', clientId),
      remove('consent', 'client_id', clientId),
      remove('pushed_request', 'client_id', clientId),
      change('client', clientId, now),
      audit(event, now),
    ])
  }

  async consent(accountId: string, clientId: string, teamId: string): Promise<Consent | undefined> {
    const [row] = await this.#db.query(
      'SELECT * FROM consent WHERE account_id = $1 AND client_id = $2 AND team_id = $3',
      [accountId, clientId, teamId],
    )
    return row && readConsent(row)
  }

  async consentsOf(
    accountId: string,
  ): Promise<readonly (Consent & { readonly clientName: string; readonly doorId: string })[]> {
    const rows = await this.#db.query(
      `SELECT c.*, k.name AS client_name, k.door_id FROM consent c JOIN client k ON k.client_id = c.client_id
        WHERE c.account_id = $1 ORDER BY c.granted_at DESC, c.client_id`,
      [accountId],
    )
    return rows.map((row) => ({
      ...readConsent(row),
      clientName: text(row, 'client_name'),
      doorId: text(row, 'door_id'),
    }))
  }

  withdrawConsent(accountId: string, clientId: string, event: AuditEvent, now: number): Promise<boolean> {
    const both = 'account_id = $3 AND client_id = $4 AND ended_at IS NULL'
    return run(this.#db, [
      {
        sql: 'DELETE FROM consent WHERE account_id = $1 AND client_id = $2',
        params: [accountId, clientId],
        mustTouch: true,
      },
      changes('family', `SELECT family_id AS id FROM token_family WHERE ${both}`, [accountId, clientId], now),
      {
        sql: 'UPDATE token_family SET ended_at = $3 WHERE account_id = $1 AND client_id = $2 AND ended_at IS NULL',
        params: [accountId, clientId, now],
      },
      audit(event, now),
    ])
  }
}
