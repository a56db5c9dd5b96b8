import {
  authenticationMembers,
  authenticationMetadata,
  type ClientAuthentication,
  ProtocolError,
  readAuthenticationMetadata,
} from '@sallyport/protocol'
import { usualMethods, vendorMethods } from '../../grants/auth-methods.ts'
import type { DoorSettings } from '../../settings/door.ts'
import type { Client } from '../../store/contract/index.ts'
import type { Body } from './read.ts'

/** A door that has clients. */
export type ClientDoor = Extract<DoorSettings, { kind: 'apps' | 'vendors' }>

/** How the client is to prove itself; `undefined` where nothing is said of it. */
export function readAuthentication(
  body: Body,
  type: Client['type'],
  door: ClientDoor,
): ClientAuthentication | undefined {
  const read = readAuthenticationMetadata(body, type)
  if (read.outcome === 'refuse') throw new ProtocolError('invalid_request', `${read.member} ${read.reason}`)
  const taken = door.kind === 'apps' ? (door.clientAuth ?? usualMethods) : vendorMethods
  const method = read.authentication?.method ?? (type === 'public' ? 'none' : undefined)
  const bySecret = taken.includes('client_secret_basic') || taken.includes('client_secret_post')
  // Who says nothing proves itself by a secret, however it likes to send that.
  if (method === undefined ? !bySecret : !taken.includes(method))
    throw new ProtocolError(
      'invalid_request',
      `token_endpoint_auth_method must be one that the door takes: ${taken.join(', ')}`,
    )
  if (read.authentication?.boundTokens && door.kind !== 'apps')
    throw new ProtocolError(
      'invalid_request',
      'tls_client_certificate_bound_access_tokens is not for clients of this door',
    )
  return read.authentication
}

/** The change that a PATCH makes of what is registered: what it names is replaced, what it sets to null is taken away. */
export function changedAuthentication(
  body: Body,
  client: Client,
  door: ClientDoor,
): ClientAuthentication | undefined {
  if (authenticationMembers.every((name) => body[name] === undefined)) return undefined
  const known = client.authentication ? authenticationMetadata(client.authentication) : {}
  const members = Object.entries({ ...known, ...body }).filter(([, value]) => value !== null)
  const none = {
    method: undefined,
    signingAlg: undefined,
    jwks: undefined,
    jwksUri: undefined,
    tlsSubject: undefined,
    boundTokens: false,
  }
  return readAuthentication(Object.fromEntries(members), client.type, door) ?? none
}
