import { type AuthorizationDetail, isDetails } from '@sallyport/protocol'
import type {
  ApprovedCode,
  AuditEvent,
  Family,
  FamilyKind,
  FamilyStore,
  NewFamily,
  SignInProof,
  TakenCode,
} from '../contract/index.ts'
import type { Database, Row, Statement } from '../database.ts'
import { list, number, optionalList, optionalNumber, objects, optionalText, orNull, text } from './row.ts'
import { audit, change, proveSignIn, remove, run } from './statements.ts'

const kinds: readonly FamilyKind[] = ['login', 'code', 'vendor', 'machine']

function readKind(row: Row): FamilyKind {
  const found = kinds.find((kind) => kind === row['kind'])
  if (!found) throw new Error(`token_family.kind is ${String(row['kind'])}`)
  return found
}

const readDetails = (row: Row): readonly AuthorizationDetail[] => {
  const details: unknown =
    optionalText(row, 'authorization_details') === undefined ? [] : objects(row, 'authorization_details')
  return isDetails(details) ? details : []
}

function readFamily(row: Row): Family {
  return {
    familyId: text(row, 'family_id'),
    doorId: text(row, 'door_id'),
    kind: readKind(row),
    accountId: optionalText(row, 'account_id'),
    clientId: optionalText(row, 'client_id'),
    teamId: optionalText(row, 'team_id'),
    scope: list(row, 'scope'),
    jkt: optionalText(row, 'jkt'),
    x5t: optionalText(row, 'x5t'),
    gen: number(row, 'gen'),
    issuedAt: number(row, 'issued_at'),
    previousIssuedAt: optionalNumber(row, 'previous_issued_at'),
    authenticatedAt: number(row, 'authenticated_at'),
    nonce: optionalText(row, 'nonce'),
    resources: optionalList(row, 'resources') ?? [],
    claims: optionalList(row, 'claims') ?? [],
    details: readDetails(row),
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    endedAt: optionalNumber(row, 'ended_at'),
  }
}

/** NULL for none, so that rows from before the column mean the same. */
const words = (values: readonly string[]) => orNull(values.length === 0 ? undefined : values.join(' '))

function insertFamily(family: NewFamily, now: number): Statement {
  const {
    familyId,
    doorId,
    kind,
    accountId,
    clientId,
    teamId,
    scope,
    authenticatedAt,
    nonce,
    expiresAt,
    resources,
    claims,
    details,
  } = family
  return {
    sql: `INSERT INTO token_family (family_id, door_id, kind, account_id, client_id, team_id, scope, gen, issued_at,
            previous_issued_at, authenticated_at, nonce, created_at, expires_at, ended_at, resources, claims, authorization_details)
          VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, NULL, $9, $10, $8, $11, NULL, $12, $13, $14)`,
    params: [
      familyId,
      doorId,
      kind,
      orNull(accountId),
      orNull(clientId),
      orNull(teamId),
      scope.join(' '),
      now,
      authenticatedAt,
      orNull(nonce),
      orNull(expiresAt),
      words(resources),
      words(claims),
      orNull(details.length === 0 ? undefined : JSON.stringify(details)),
    ],
  }
}

const giveConsent = (
  { accountId = '', clientId = '', teamId = '', scope, resources, claims }: NewFamily,
  now: number,
) => ({
  sql: `INSERT INTO consent (account_id, client_id, team_id, scope, granted_at, resources, claims) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (account_id, client_id, team_id) DO UPDATE SET scope = $4, granted_at = $5, resources = $6, claims = $7`,
  params: [accountId, clientId, teamId, scope.join(' '), now, words(resources), words(claims)],
})

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
      {
        sql: 'UPDATE browser_session SET session_id = session_id WHERE hash = $1 AND expires_at > $2',
        params: [code.sessionHash, now],
        mustTouch: true,
      },
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
