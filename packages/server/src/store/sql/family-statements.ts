import { type AuthorizationDetail, isDetails } from '@sallyport/protocol'
import type { Family, FamilyKind, NewFamily } from '../contract/index.ts'
import type { Row, Statement } from '../database.ts'
import {
  list,
  number,
  objects,
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

const readDetails = (row: Row): readonly AuthorizationDetail[] => {
  const details: unknown =
    optionalText(row, 'authorization_details') === undefined ? [] : objects(row, 'authorization_details')
  return isDetails(details) ? details : []
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
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    endedAt: optionalNumber(row, 'ended_at'),
  }
}

/** NULL for none, so that rows from before the column mean the same. */
const words = (values: readonly string[]) => orNull(values.length === 0 ? undefined : values.join(' '))

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
  } = family
  return {
    sql: `INSERT INTO token_family (family_id, door_id, kind, account_id, client_id, team_id, scope, gen, issued_at,
            previous_issued_at, authenticated_at, nonce, created_at, expires_at, ended_at, resources, claims, authorization_details, sign_in)
          VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, NULL, $9, $10, $8, $11, NULL, $12, $13, $14, $15)`,
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
      orNull(signIn),
    ],
  }
}

/** Records what a person allowed, in place of what they allowed before. */
export const giveConsent = (
  { accountId = '', clientId = '', teamId = '', scope, resources, claims }: NewFamily,
  now: number,
) => ({
  sql: `INSERT INTO consent (account_id, client_id, team_id, scope, granted_at, resources, claims) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (account_id, client_id, team_id) DO UPDATE SET scope = $4, granted_at = $5, resources = $6, claims = $7`,
  params: [accountId, clientId, teamId, scope.join(' '), now, words(resources), words(claims)],
})

/** Goes on only while the browser session is there. */
export const holdSession = (hash: string, now: number): Statement => ({
  sql: 'UPDATE browser_session SET session_id = session_id WHERE hash = $1 AND expires_at > $2',
  params: [hash, now],
  mustTouch: true,
})
