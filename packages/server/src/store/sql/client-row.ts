import {
  type ClientAuthentication,
  type ClientLogout,
  clientAuthMethods,
  type ClientChoices,
  choicesMetadata,
  readClientRules,
  type TlsSubject,
} from '@sallyport/protocol'
import type { Client, ClientSecret, KeptClientSecret } from '../contract/index.ts'
import type { Row, Statement, Value } from '../database.ts'
import {
  bit,
  flag,
  json,
  list,
  number,
  optionalList,
  optionalNumber,
  optionalText,
  orNull,
  text,
} from './row.ts'

/** Writes an optional set. */
export const set = (values: readonly string[] | undefined) => values?.join(' ')

const kinds: readonly TlsSubject['kind'][] = ['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email']

/** The columns of what was registered about a client's authentication; all NULL for nothing. */
export function authenticationColumns(
  registered: ClientAuthentication | undefined,
): Readonly<Record<string, Value>> {
  const { method, signingAlg, jwks, jwksUri, tlsSubject, boundTokens = false } = registered ?? {}
  return {
    token_endpoint_auth_method: orNull(method),
    token_endpoint_auth_signing_alg: orNull(signingAlg),
    jwks: orNull(jwks && JSON.stringify(jwks)),
    jwks_uri: orNull(jwksUri),
    tls_client_auth_kind: orNull(tlsSubject?.kind),
    tls_client_auth_value: orNull(tlsSubject?.value),
    // NULL says that nothing was registered at all.
    tls_client_certificate_bound_access_tokens: registered ? bit(boundTokens) : null,
  }
}

/** Unlike `update` it takes away what is NULL now. */
function replaceColumns(clientId: string, columns: Readonly<Record<string, Value>>): Statement {
  const assignments = Object.keys(columns).map((name, index) => `${name} = $${index + 2}`)
  return {
    sql: `UPDATE client SET ${assignments.join(', ')} WHERE client_id = $1`,
    params: [clientId, ...Object.values(columns)],
  }
}

/** Replaces what was registered about a client's authentication, as a whole. */
export function setAuthentication(clientId: string, registered: ClientAuthentication): Statement {
  return replaceColumns(clientId, authenticationColumns(registered))
}

function readAuthentication(row: Row): ClientAuthentication | undefined {
  const bound = optionalNumber(row, 'tls_client_certificate_bound_access_tokens')
  const jwks = optionalText(row, 'jwks')
  // Keys without the rest were registered before there was more to say.
  if (bound === undefined && jwks === undefined) return undefined
  const kind = kinds.find((one) => one === optionalText(row, 'tls_client_auth_kind'))
  const method = optionalText(row, 'token_endpoint_auth_method')
  return {
    method: clientAuthMethods.find((one) => one === method),
    signingAlg: optionalText(row, 'token_endpoint_auth_signing_alg'),
    jwks: jwks === undefined ? undefined : JSON.parse(jwks),
    jwksUri: optionalText(row, 'jwks_uri'),
    tlsSubject: kind && { kind, value: text(row, 'tls_client_auth_value') },
    boundTokens: bound === 1,
  }
}

/** The columns of what was registered about a client's part in logout; all NULL for nothing. */
function logoutColumns(registered: ClientLogout | undefined): Readonly<Record<string, Value>> {
  return {
    post_logout_redirect_uris: orNull(set(registered?.postLogoutRedirectUris)),
    backchannel_logout_uri: orNull(registered?.backchannelUri),
    backchannel_logout_session_required: registered ? bit(registered.backchannelSessionRequired) : null,
    frontchannel_logout_uri: orNull(registered?.frontchannelUri),
    frontchannel_logout_session_required: registered ? bit(registered.frontchannelSessionRequired) : null,
  }
}

/** Replaces what was registered about a client's part in logout, as a whole. */
export function setLogout(clientId: string, registered: ClientLogout | undefined): Statement {
  return replaceColumns(clientId, logoutColumns(registered))
}

function readLogout(row: Row): ClientLogout | undefined {
  const postLogoutRedirectUris = optionalList(row, 'post_logout_redirect_uris')
  return (
    postLogoutRedirectUris && {
      postLogoutRedirectUris,
      backchannelUri: optionalText(row, 'backchannel_logout_uri'),
      backchannelSessionRequired: flag(row, 'backchannel_logout_session_required'),
      frontchannelUri: optionalText(row, 'frontchannel_logout_uri'),
      frontchannelSessionRequired: flag(row, 'frontchannel_logout_session_required'),
    }
  )
}

/** Writes what a client chose, by the names of the wire: whatever they are called here, what is kept is understood. */
function choicesColumn(choices: ClientChoices | undefined): Value {
  const members = choicesMetadata(choices ?? {})
  return Object.keys(members).length === 0 ? null : JSON.stringify(members)
}

/** Replaces what a client chose, as a whole. */
export function setChoices(clientId: string, choices: ClientChoices): Statement {
  return {
    sql: 'UPDATE client SET choices = $2 WHERE client_id = $1',
    params: [clientId, choicesColumn(choices)],
  }
}

function readChoices(row: Row): Pick<Client, 'choices'> {
  if (optionalText(row, 'choices') === undefined) return {}
  const read = readClientRules(json(row, 'choices'))
  // Of a newer version, maybe: a rule that can't be read can't be kept.
  if (read.outcome === 'refuse') throw new Error(`client.choices: ${read.member} ${read.reason}`)
  return read.rules
}

/** Reads a client. */
export function readClient(row: Row): Client {
  const authentication = readAuthentication(row)
  const logout = readLogout(row)
  return {
    clientId: text(row, 'client_id'),
    doorId: text(row, 'door_id'),
    name: text(row, 'name'),
    type: text(row, 'type') === 'public' ? 'public' : 'confidential',
    teamId: optionalText(row, 'team_id'),
    grantTypes: list(row, 'grant_types'),
    scope: list(row, 'scope'),
    redirectUris: list(row, 'redirect_uris'),
    resources: optionalList(row, 'resources'),
    requirePushed: flag(row, 'require_pushed'),
    requireSigned: flag(row, 'require_signed'),
    ...readChoices(row),
    ...(authentication && { authentication }),
    ...(logout && { logout }),
    createdAt: number(row, 'created_at'),
  }
}

/** Reads one of a client's secrets. */
export function readSecret(row: Row): KeptClientSecret {
  const sealed = optionalText(row, 'sealed')
  return {
    secretId: text(row, 'secret_id'),
    hash: text(row, 'hash'),
    ...(sealed !== undefined && { sealed }),
    createdAt: number(row, 'created_at'),
    expiresAt: optionalNumber(row, 'expires_at'),
    lastUsedAt: optionalNumber(row, 'last_used_at'),
  }
}

/** Writes a new secret of a client. */
export function insertSecret(
  clientId: string,
  { secretId, hash, sealed, expiresAt }: ClientSecret,
  now: number,
): Statement {
  return {
    sql: `INSERT INTO client_secret (secret_id, client_id, hash, created_at, expires_at, sealed)
          VALUES ($1, $2, $3, $4, $5, $6)`,
    params: [secretId, clientId, hash, now, orNull(expiresAt), orNull(sealed)],
  }
}

/** Writes a new client; touches nothing where the id is taken. */
export function insertClient(client: Omit<Client, 'createdAt'>, now: number): Statement {
  const { clientId, doorId, name, type, teamId, grantTypes, scope, redirectUris, resources } = client
  const columns = {
    client_id: clientId,
    door_id: doorId,
    name,
    type,
    team_id: orNull(teamId),
    grant_types: grantTypes.join(' '),
    scope: scope.join(' '),
    redirect_uris: redirectUris.join(' '),
    resources: orNull(set(resources)),
    created_at: now,
    require_pushed: bit(client.requirePushed ?? false),
    require_signed: bit(client.requireSigned ?? false),
    choices: choicesColumn(client.choices),
    ...authenticationColumns(client.authentication),
    ...logoutColumns(client.logout),
  }
  const numbers = Object.keys(columns).map((_, index) => `$${index + 1}`)
  return {
    sql: `INSERT INTO client (${Object.keys(columns).join(', ')}) VALUES (${numbers.join(', ')})
          ON CONFLICT (client_id) DO NOTHING`,
    params: Object.values(columns),
    mustTouch: true,
  }
}
