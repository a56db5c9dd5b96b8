import {
  type ClientLogout,
  logoutMembers,
  logoutMetadata,
  ProtocolError,
  readLogoutMetadata,
} from '@sallyport/protocol'
import type { Client } from '../../store/contract/index.ts'
import type { ClientDoor } from './client-authentication.ts'
import type { Body } from './read.ts'

/** How the client is to take part in logout; `undefined` where nothing is said of it. */
export function readLogout(
  body: Body,
  redirectUris: readonly string[],
  door: ClientDoor,
): ClientLogout | undefined {
  const read = readLogoutMetadata(body, redirectUris)
  if (read.outcome === 'refuse') throw new ProtocolError('invalid_request', `${read.member} ${read.reason}`)
  if (read.logout && !(door.kind === 'apps' && door.logout))
    throw new ProtocolError('invalid_request', 'logout is not for clients of this door')
  return read.logout
}

const none: ClientLogout = {
  postLogoutRedirectUris: [],
  backchannelUri: undefined,
  backchannelSessionRequired: false,
  frontchannelUri: undefined,
  frontchannelSessionRequired: false,
}

/**
 * The change that a PATCH makes of what is registered: what it names is replaced, what it sets to null is taken away. What is left has
 * to go with the redirect addresses that there are then.
 */
export function changedLogout(body: Body, client: Client, door: ClientDoor): ClientLogout | undefined {
  const moved = body['redirect_uris'] !== undefined && client.logout !== undefined
  if (!moved && logoutMembers.every((name) => body[name] === undefined)) return undefined
  const named = Object.fromEntries(logoutMembers.map((name) => [name, body[name]]))
  const said = Object.entries(named).filter(([, value]) => value !== undefined)
  const known = client.logout ? logoutMetadata(client.logout) : {}
  const members = Object.entries({ ...known, ...Object.fromEntries(said) }).filter(
    ([, value]) => value !== null,
  )
  const uris: unknown = body['redirect_uris']
  const redirectUris = Array.isArray(uris) ? uris.map(String) : client.redirectUris
  return readLogout(Object.fromEntries(members), redirectUris, door) ?? none
}
