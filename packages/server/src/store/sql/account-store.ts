import type {
  Account,
  AccountStore,
  AuditEvent,
  BrowserSession,
  FramedClient,
  NewAccount,
  NewSession,
  SignInProof,
  UpstreamLogin,
} from '../contract/index.ts'
import type { Database, Row, Statement } from '../database.ts'
import { bit, flag, number, optionalNumber, optionalText, orNull, signInOf, text } from './row.ts'
import {
  audit,
  change,
  endFamilies,
  endSessionTokens,
  remove,
  removeTelling,
  revokeKeys,
  proveSignIn,
  run,
} from './statements.ts'
import {
  endPresences,
  framedClients,
  ofAccount,
  ofCookie,
  ofReplaced,
  readFramed,
} from './logout-statements.ts'
import { removeTeamStatements } from './remove-team.ts'

function readAccount(row: Row): Account {
  return {
    accountId: text(row, 'account_id'),
    email: text(row, 'email'),
    emailVerifiedAt: optionalNumber(row, 'email_verified_at'),
    passwordHash: optionalText(row, 'password_hash'),
    admin: flag(row, 'admin'),
    homeTeamId: text(row, 'home_team_id'),
    createdAt: number(row, 'created_at'),
    disabledAt: optionalNumber(row, 'disabled_at'),
  }
}

/** Ends everything a person is signed in with. */
function endSignIns(accountId: string, now: number): readonly Statement[] {
  return [
    ...endPresences(ofAccount(accountId), now),
    ...endFamilies('account_id', accountId, now),
    ...endSessionTokens('account_id', accountId, now),
    remove('browser_session', 'account_id', accountId),
  ]
}

/** People, their browser sessions and their sign-ins elsewhere, in SQL. */
export class SqlAccountStore implements AccountStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(account: NewAccount, event: AuditEvent, now: number): Promise<boolean> {
    const { accountId, email, emailVerifiedAt, passwordHash, admin, homeTeamId, plan } = account
    return run(this.#db, [
      {
        sql: `INSERT INTO account (account_id, email, email_verified_at, password_hash, admin, home_team_id, created_at, disabled_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, NULL) ON CONFLICT (email) DO NOTHING`,
        params: [
          accountId,
          email,
          orNull(emailVerifiedAt),
          orNull(passwordHash),
          bit(admin),
          homeTeamId,
          now,
        ],
        mustTouch: true,
      },
      {
        sql: `INSERT INTO team (team_id, slug, name, personal, plan, status, profile, created_at) VALUES ($1, $2, $3, 1, $4, 'active', '{}', $5)`,
        params: [homeTeamId, homeTeamId.replaceAll('_', '-'), 'Personal', plan, now],
      },
      {
        sql: `INSERT INTO membership (account_id, team_id, role, created_at) VALUES ($1, $2, 'owner', $3)`,
        params: [accountId, homeTeamId, now],
      },
      change('account', accountId, now),
      change('team', homeTeamId, now),
      change('membership', `${accountId}:${homeTeamId}`, now),
      audit(event, now),
    ])
  }

  async find(accountId: string): Promise<Account | undefined> {
    const [row] = await this.#db.query('SELECT * FROM account WHERE account_id = $1', [accountId])
    return row && readAccount(row)
  }

  async findByEmail(email: string): Promise<Account | undefined> {
    const [row] = await this.#db.query('SELECT * FROM account WHERE email = $1', [email])
    return row && readAccount(row)
  }

  async findByUpstream(issuer: string, subject: string): Promise<Account | undefined> {
    const [row] = await this.#db.query(
      'SELECT a.* FROM account a JOIN upstream_account u ON u.account_id = a.account_id WHERE u.issuer = $1 AND u.subject = $2',
      [issuer, subject],
    )
    return row && readAccount(row)
  }

  linkUpstream(
    link: { readonly issuer: string; readonly subject: string; readonly accountId: string },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { issuer, subject, accountId } = link
    return run(this.#db, [
      {
        sql: 'INSERT INTO upstream_account (issuer, subject, account_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO NOTHING',
        params: [issuer, subject, accountId, now],
        mustTouch: true,
      },
      {
        sql: 'UPDATE account SET email_verified_at = COALESCE(email_verified_at, $2) WHERE account_id = $1',
        params: [accountId, now],
      },
      change('account', accountId, now),
      audit(event, now),
    ])
  }

  setPassword(
    change_: {
      readonly accountId: string
      readonly expected: string | undefined
      readonly passwordHash: string | undefined
      readonly endGrants?: boolean
    },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    const { accountId, expected, passwordHash, endGrants = false } = change_
    return run(this.#db, [
      {
        sql: `UPDATE account SET password_hash = $2 WHERE account_id = $1 AND COALESCE(password_hash, '') = $3`,
        params: [accountId, orNull(passwordHash), expected ?? ''],
        mustTouch: true,
      },
      ...endSignIns(accountId, now),
      ...(endGrants ? [...revokeKeys(accountId, now), remove('consent', 'account_id', accountId)] : []),
      change('account', accountId, now),
      audit(event, now),
    ])
  }

  setDisabled(accountId: string, disabled: boolean, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: 'UPDATE account SET disabled_at = $2 WHERE account_id = $1',
        params: [accountId, disabled ? now : null],
        mustTouch: true,
      },
      ...(disabled ? endSignIns(accountId, now) : []),
      change('account', accountId, now),
      audit(event, now),
    ])
  }

  async remove(accountId: string, event: AuditEvent, now: number): Promise<boolean> {
    const account = await this.find(accountId)
    if (!account) return false
    return run(this.#db, [
      { sql: 'DELETE FROM account WHERE account_id = $1', params: [accountId], mustTouch: true },
      ...endSignIns(accountId, now),
      ...removeTelling('api-key', { table: 'api_key', id: 'hash', where: 'account_id' }, accountId, now),
      ...removeTelling(
        'membership',
        { table: 'membership', id: `account_id || ':' || team_id`, where: 'account_id' },
        accountId,
        now,
      ),
      remove('consent', 'account_id', accountId),
      remove('upstream_account', 'account_id', accountId),
      ...removeTeamStatements(account.homeTeamId, now),
      change('account', accountId, now),
      audit(event, now),
    ])
  }

  addSession(session: NewSession, proof: SignInProof, event: AuditEvent, now: number): Promise<boolean> {
    const { hash, sessionId, accountId, authenticatedAt, expiresAt, signIn, replaces } = session
    return run(this.#db, [
      proveSignIn(proof),
      {
        sql: `INSERT INTO browser_session (hash, session_id, account_id, authenticated_at, expires_at, presence_id, sign_in)
              VALUES ($1, $2, $3, $4, $5, COALESCE((SELECT COALESCE(presence_id, session_id) FROM browser_session
                WHERE hash = $6 AND account_id = $3 AND expires_at > $7), $2), $8)`,
        params: [
          hash,
          sessionId,
          accountId,
          authenticatedAt,
          expiresAt,
          replaces?.hash ?? '',
          now,
          orNull(signIn),
        ],
      },
      ...(replaces
        ? [
            ...endPresences(ofReplaced(replaces.hash), now),
            remove('browser_session', 'hash', replaces.hash),
            audit(replaces.event, now),
          ]
        : []),
      audit(event, now),
    ])
  }

  async findSession(hash: string, now: number): Promise<BrowserSession | undefined> {
    const [row] = await this.#db.query('SELECT * FROM browser_session WHERE hash = $1 AND expires_at > $2', [
      hash,
      now,
    ])
    return (
      row && {
        hash,
        sessionId: text(row, 'session_id'),
        accountId: text(row, 'account_id'),
        authenticatedAt: number(row, 'authenticated_at'),
        ...signInOf(row),
        expiresAt: number(row, 'expires_at'),
        presenceId: optionalText(row, 'presence_id') ?? text(row, 'session_id'),
      }
    )
  }

  async endSession(hash: string, event: AuditEvent, now: number): Promise<readonly FramedClient[]> {
    const { done, rows } = await this.#db.batch([
      framedClients(ofCookie(hash)),
      ...endPresences(ofCookie(hash), now),
      { ...remove('browser_session', 'hash', hash), mustTouch: true },
      audit(event, now),
    ])
    return done ? (rows[0] ?? []).map(readFramed) : []
  }

  async isPresent(presenceId: string, now: number): Promise<boolean> {
    const rows = await this.#db.query(
      `SELECT 1 AS there FROM browser_session
        WHERE (presence_id = $1 OR (presence_id IS NULL AND session_id = $1)) AND expires_at > $2 LIMIT 1`,
      [presenceId, now],
    )
    return rows.length > 0
  }

  async addUpstreamLogin(login: UpstreamLogin): Promise<void> {
    const { stateHash, browserHash, doorId, nonce, codeVerifier, returnTo, expiresAt } = login
    await this.#db.batch([
      {
        sql: `INSERT INTO upstream_login (state_hash, browser_hash, door_id, nonce, code_verifier, return_to, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        params: [stateHash, browserHash, doorId, nonce, codeVerifier, orNull(returnTo), expiresAt],
      },
    ])
  }

  async takeUpstreamLogin(stateHash: string, now: number): Promise<UpstreamLogin | undefined> {
    const { rows } = await this.#db.batch([
      { sql: 'DELETE FROM upstream_login WHERE state_hash = $1 RETURNING *', params: [stateHash] },
    ])
    const row = rows[0]?.[0]
    if (!row || number(row, 'expires_at') <= now) return undefined
    return {
      stateHash,
      browserHash: text(row, 'browser_hash'),
      doorId: text(row, 'door_id'),
      nonce: text(row, 'nonce'),
      codeVerifier: text(row, 'code_verifier'),
      returnTo: optionalText(row, 'return_to'),
      expiresAt: number(row, 'expires_at'),
    }
  }
}
