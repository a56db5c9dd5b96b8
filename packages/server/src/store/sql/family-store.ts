import type {
  ApprovedCode,
  AuditEvent,
  Family,
  FamilyStore,
  NewFamily,
  SignInProof,
  TakenCode,
} from '../contract/index.ts'
import type { Database, Row, Statement } from '../database.ts'
import { giveConsent, holdSession, insertFamily, readFamily } from './family-statements.ts'
import { number, optionalText, orNull, text } from './row.ts'
import { audit, change, proveSignIn, remove, run } from './statements.ts'

/** Goes on only while the consent is there; a code for less than it leaves it as wide as it was. */
const holdConsent = ({ accountId = '', clientId = '', teamId = '' }: NewFamily): Statement => ({
  sql: 'UPDATE consent SET granted_at = granted_at WHERE account_id = $1 AND client_id = $2 AND team_id = $3',
  params: [accountId, clientId, teamId],
  mustTouch: true,
})

const select = (familyId: string): Statement => ({
  sql: 'SELECT * FROM token_family WHERE family_id = $1',
  params: [familyId],
})

const bind = (column: 'jkt' | 'x5t', familyId: string, thumbprint: string): Statement => ({
  sql: `UPDATE token_family SET ${column} = $2
         WHERE family_id = $1 AND ended_at IS NULL AND (${column} IS NULL OR ${column} = $2)`,
  params: [familyId, thumbprint],
  mustTouch: true,
})

/** Token families and authorization codes in SQL. */
export class SqlFamilyStore implements FamilyStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(family: NewFamily, event: AuditEvent, now: number, proof?: SignInProof): Promise<boolean> {
    const proven = proof ? [proveSignIn(proof)] : []
    return run(this.#db, [...proven, insertFamily(family, now), audit(event, now)])
  }

  createOnce(
    family: NewFamily,
    { hash, until }: { readonly hash: string; readonly until: number },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    return run(this.#db, [
      {
        sql: 'INSERT INTO used_grant (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING',
        params: [hash, until],
        mustTouch: true,
      },
      insertFamily(family, now),
      audit(event, now),
    ])
  }

  async find(familyId: string): Promise<Family | undefined> {
    const { sql, params } = select(familyId)
    const [row] = await this.#db.query(sql, params)
    return row && readFamily(row)
  }

  async advance(
    familyId: string,
    from: number,
    event: AuditEvent,
    now: number,
  ): Promise<{ readonly won: boolean; readonly family: Family } | undefined> {
    const moved: Statement = {
      sql: `UPDATE token_family SET gen = gen + 1, previous_issued_at = issued_at, issued_at = $3
             WHERE family_id = $1 AND gen = $2 AND ended_at IS NULL RETURNING *`,
      params: [familyId, from, now],
      mustTouch: true,
    }
    const { done, rows } = await this.#db.batch([moved, audit(event, now)], select(familyId))
    const row = rows[0]?.[0]
    return row && { won: done, family: readFamily(row) }
  }

  bindKey(familyId: string, jkt: string): Promise<boolean> {
    return run(this.#db, [bind('jkt', familyId, jkt)])
  }

  bindCertificate(familyId: string, x5t: string): Promise<boolean> {
    return run(this.#db, [bind('x5t', familyId, x5t)])
  }

  end(familyId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: 'UPDATE token_family SET ended_at = $2 WHERE family_id = $1 AND ended_at IS NULL',
        params: [familyId, now],
        mustTouch: true,
      },
      change('family', familyId, now),
      audit(event, now),
    ])
  }

  createWithCode(family: NewFamily, code: ApprovedCode, event: AuditEvent, now: number): Promise<boolean> {
    const { familyId, doorId, clientId = '' } = family
    const { hash, redirectUri, askedRedirectUri, codeChallenge, dpopJkt, expiresAt } = code
    return run(this.#db, [
      holdSession(code.sessionHash, now),
      insertFamily(family, now),
      {
        sql: `INSERT INTO authorization_code (hash, family_id, client_id, door_id, redirect_uri, asked_redirect_uri, code_challenge, dpop_jkt, expires_at, uses)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
        params: [
          hash,
          familyId,
          clientId,
          doorId,
          redirectUri,
          orNull(askedRedirectUri),
          orNull(codeChallenge),
          orNull(dpopJkt),
          expiresAt,
        ],
      },
      ...(code.pushedHash === undefined
        ? []
        : [{ ...remove('pushed_request', 'hash', code.pushedHash), mustTouch: true as const }]),
      code.consent === 'given' ? giveConsent(family, now) : holdConsent(family),
      audit(event, now),
    ])
  }

  async takeCode(hash: string, now: number): Promise<TakenCode | undefined> {
    const { done, rows } = await this.#db.batch([
      {
        sql: 'UPDATE authorization_code SET uses = uses + 1 WHERE hash = $1 RETURNING *',
        params: [hash],
        mustTouch: true,
      },
      {
        sql: `UPDATE token_family SET issued_at = CASE WHEN gen = 1 AND (SELECT uses FROM authorization_code WHERE hash = $1) = 1 THEN $2 ELSE issued_at END
               WHERE family_id = (SELECT family_id FROM authorization_code WHERE hash = $1) RETURNING *`,
        params: [hash, now],
      },
    ])
    const [code, family] = [rows[0]?.[0], rows[1]?.[0]]
    if (!done || !code || !family) return undefined
    // This one counts itself.
    return readCode(code, family, number(code, 'uses') > 1)
  }

  async findCode(hash: string): Promise<TakenCode | undefined> {
    const [code] = await this.#db.query('SELECT * FROM authorization_code WHERE hash = $1', [hash])
    if (!code) return undefined
    const [family] = await this.#db.query('SELECT * FROM token_family WHERE family_id = $1', [
      text(code, 'family_id'),
    ])
    return family && readCode(code, family, number(code, 'uses') > 0)
  }
}

function readCode(code: Row, family: Row, usedBefore: boolean): TakenCode {
  return {
    hash: text(code, 'hash'),
    clientId: text(code, 'client_id'),
    doorId: text(code, 'door_id'),
    redirectUri: text(code, 'redirect_uri'),
    askedRedirectUri: optionalText(code, 'asked_redirect_uri'),
    codeChallenge: optionalText(code, 'code_challenge'),
    dpopJkt: optionalText(code, 'dpop_jkt'),
    expiresAt: number(code, 'expires_at'),
    usedBefore,
    family: readFamily(family),
  }
}
