import type { Family, FamilyKind, NewFamily } from '../contract/index.ts'
import type { Row, Statement } from '../database.ts'
import { detailsText, readDetails, words } from './limit-columns.ts'
import {
  bit,
  flag,
  list,
  number,
  optionalList,
  optionalNumber,
  optionalText,
  orNull,
  signInOf,
  text,
} from './row.ts'

const kinds: readonly FamilyKind[] = ['login', 'code', 'vendor', 'machine']

function readKind(row: Row): FamilyKind {
  const found = kinds.find((kind) => kind === row['kind'])
  if (!found) throw new Error(`token_family.kind is ${String(row['kind'])}`)
  return found
}

function readPresence(row: Row): Pick<Family, 'presence'> {
  const presenceId = optionalText(row, 'presence_id')
  if (presenceId === undefined) return {}
  return { presence: { presenceId, endsWithIt: flag(row, 'ends_with_presence') } }
}

/** Reads a family. */
export function readFamily(row: Row): Family {
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
    ...signInOf(row),
    nonce: optionalText(row, 'nonce'),
    resources: optionalList(row, 'resources') ?? [],
    claims: optionalList(row, 'claims') ?? [],
    details: readDetails(row),
    ...readPresence(row),
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    endedAt: optionalNumber(row, 'ended_at'),
  }
}

/** Makes a family. */
export function insertFamily(family: NewFamily, now: number): Statement {
  const {
    familyId,
    doorId,
    kind,
    accountId,
    clientId,
    teamId,
    scope,
    authenticatedAt,
    signIn,
    nonce,
    expiresAt,
    resources,
    claims,
    details,
    presence,
  } = family
  return {
    sql: `INSERT INTO token_family (family_id, door_id, kind, account_id, client_id, team_id, scope, gen, issued_at,
            previous_issued_at, authenticated_at, nonce, created_at, expires_at, ended_at, resources, claims, authorization_details,
            presence_id, ends_with_presence, sign_in)
          VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, NULL, $9, $10, $8, $11, NULL, $12, $13, $14, $15, $16, $17)`,
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
      detailsText(details),
      orNull(presence?.presenceId),
      presence ? bit(presence.endsWithIt) : null,
      orNull(signIn),
    ],
  }
}

/**
 * Records what a person allowed, in place of what they allowed before. What was allowed in detail stands for nothing later: there is
 * a row, so that it can be withdrawn, and a row that is there stays as it was, moment and all: it must not seem to have been given to
 * what the app has become since.
 * @see RFC 9396 §2
 */
export const giveConsent = (
  { accountId = '', clientId = '', teamId = '', scope, resources, claims, details }: NewFamily,
  now: number,
): Statement => {
  const once = details.length > 0
  const then = once ? 'NOTHING' : 'UPDATE SET scope = $4, granted_at = $5, resources = $6, claims = $7'
  return {
    sql: `INSERT INTO consent (account_id, client_id, team_id, scope, granted_at, resources, claims) VALUES ($1, $2, $3, $4, $5, $6, $7)
          ON CONFLICT (account_id, client_id, team_id) DO ${then}`,
    params: [
      accountId,
      clientId,
      teamId,
      once ? '' : scope.join(' '),
      now,
      words(resources),
      once ? null : words(claims),
    ],
  }
}

/** Goes on only while the browser session is there. */
export const holdSession = (hash: string, now: number): Statement => ({
  sql: 'UPDATE browser_session SET session_id = session_id WHERE hash = $1 AND expires_at > $2',
  params: [hash, now],
  mustTouch: true,
})
