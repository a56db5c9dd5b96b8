import type { ErrorCode } from './errors.ts'
import { type Scope, scopeWithin } from './scope.ts'

/** A server elsewhere that takes our word, as it is set up. */
export interface VouchTarget {
  readonly issuer: string
  /** What clients are called there, by their id here. */
  readonly clients: Readonly<Record<string, string>>
  readonly scope?: Scope | undefined
  readonly resources?: readonly string[] | undefined
}

/** An ID token as it was presented: genuine and of this issuer. */
export interface VouchedIdentity {
  readonly audience: unknown
  readonly expiresAt: unknown
}

/** A request to vouch for somebody elsewhere; its client is authenticated. */
export interface VouchRequest {
  readonly client: { readonly clientId: string; readonly type: 'confidential' | 'public' }
  /** `undefined`: no ID token of ours. */
  readonly identity: VouchedIdentity | undefined
  readonly audience: string | undefined
  readonly resource: string | undefined
  readonly scope: Scope | undefined
  readonly targets: readonly VouchTarget[]
}

/** Whether to vouch, and what the client is called where it goes. */
export type VouchDecision =
  | { readonly outcome: 'vouch'; readonly audience: string; readonly clientId: string; readonly scope: Scope }
  | {
      readonly outcome: 'refuse'
      readonly error: ErrorCode
      readonly description: string
      readonly detail?: string
    }

function refuse(error: ErrorCode, description: string, detail?: string): VouchDecision {
  return { outcome: 'refuse', error, description, ...(detail !== undefined && { detail }) }
}

const badSubject = (detail: string) => refuse('invalid_request', 'subject_token is not valid', detail)

/**
 * Decides whether to vouch for somebody at another server. Only for who signed in for this very client, only at a server and for
 * what the operator wrote down: an ID token that leaked into another client's hands opens nothing.
 *
 * @see draft-ietf-oauth-identity-assertion-authz-grant §4.3, RFC 8693 §2.2.2
 */
export function decideVouch(request: VouchRequest, now: number): VouchDecision {
  const { client, identity, audience, resource, scope = [], targets } = request
  if (client.type === 'public') return refuse('unauthorized_client', 'client must authenticate to exchange')
  if (audience === undefined) return refuse('invalid_request', 'audience is missing')
  if (!identity) return badSubject('no ID token of this issuer')
  if (identity.audience !== client.clientId) return badSubject('issued to another client')
  if (typeof identity.expiresAt !== 'number' || identity.expiresAt <= now) return badSubject('over')
  const target = targets.find(({ issuer }) => issuer === audience)
  const known =
    target && Object.hasOwn(target.clients, client.clientId) ? target.clients[client.clientId] : undefined
  // One answer for both: what this server vouches at is not for every client to find out.
  if (!target || known === undefined)
    return refuse('invalid_target', 'audience is none that this client may go to')
  if (resource !== undefined && !target.resources?.includes(resource))
    return refuse('invalid_target', 'resource is none that may be named there')
  if (!scopeWithin(scope, target.scope ?? []))
    return refuse('invalid_scope', 'scope exceeds what may be asked for there')
  return { outcome: 'vouch', audience, clientId: known, scope }
}
