import { type ActorClaim, actorChain, longestActorChain } from './actor.ts'
import type { ErrorCode } from './errors.ts'
import { intersectScope, type Scope, scopeWithin } from './scope.ts'

/** The type of an access token, whatever its form. @see RFC 8693 §3 */
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** A token that is exchanged or that names an actor: genuine, of this door, in its time, and everybody behind it is in good standing. */
export interface ExchangeToken {
  readonly subject: string
  /** The client it was issued to. */
  readonly clientId: string | undefined
  readonly teamId: string | undefined
  readonly scope: Scope
  readonly expiresAt: number
  /** The key it is bound to. @see RFC 9449 §6.1 */
  readonly jkt: string | undefined
  /** The certificate that it is bound to. @see RFC 8705 §3.1 */
  readonly x5t: string | undefined
  readonly act: ActorClaim | undefined
  /** Who alone may act with it. @see RFC 8693 §4.4 */
  readonly mayAct: MayAct | undefined
}

/** The claim `may_act`, as far as it names somebody of this server. @see RFC 8693 §4.4 */
export interface MayAct {
  readonly sub: string | undefined
  readonly clientId: string | undefined
}

/** An exchange; its client is already authenticated. */
export interface Exchange {
  readonly client: {
    readonly clientId: string
    readonly type: 'confidential' | 'public'
    readonly teamId: string | undefined
    readonly scope: Scope
  }
  readonly subject: ExchangeToken | undefined
  /** `undefined`: without an actor token the client acts itself; `invalid`: there was one that is worth nothing. */
  readonly actor: ExchangeToken | 'invalid' | undefined
  readonly scope: Scope | undefined
  /** Where the new token is to be used, by `audience` and `resource`. */
  readonly targets: readonly string[]
  /** The only place it can be used at. */
  readonly audience: string
  /** Thumbprint of the key that the request proved. */
  readonly jkt: string | undefined
  /** Thumbprint of the certificate that it came with. */
  readonly x5t: string | undefined
}

/** What an exchange comes to. */
export type ExchangeDecision =
  | {
      readonly outcome: 'exchange'
      readonly scope: Scope
      readonly act: ActorClaim
      /** The new token ends no later. */
      readonly notAfter: number
    }
  | {
      readonly outcome: 'refuse'
      readonly error: ErrorCode
      readonly description: string
      readonly detail?: string
    }

function refuse(error: ErrorCode, description: string, detail?: string): ExchangeDecision {
  return { outcome: 'refuse', error, description, ...(detail !== undefined && { detail }) }
}

/** RFC 8693 §2.2.2 wants `invalid_request` for a token that is not valid; which check failed is not told. */
const badSubject = (detail: string) => refuse('invalid_request', 'subject_token is not valid', detail)
const badActor = (detail: string) => refuse('invalid_request', 'actor_token is not valid', detail)

function mayActAs({ sub, clientId }: MayAct, act: ActorClaim): boolean {
  if (sub === undefined && clientId === undefined) return false
  return (sub === undefined || sub === act.sub) && (clientId === undefined || clientId === act.client_id)
}

/** Why a token may not be used by this request: whoever found it can't prove what it is bound to. */
function unprovenOf(token: ExchangeToken, { jkt, x5t }: Exchange): string | undefined {
  if (token.jkt !== undefined && token.jkt !== jkt) return 'bound to a key that was not proven'
  if (token.x5t !== undefined && token.x5t !== x5t) return 'bound to a certificate that was not shown'
  return undefined
}

function actorOf(exchange: Exchange): ActorClaim | string {
  const { client, actor } = exchange
  const itself = { sub: client.clientId, client_id: client.clientId }
  if (actor === undefined) return itself
  if (actor === 'invalid') return 'unknown, over, or of another door'
  // Else whoever finds somebody's token could put their name on what they do.
  if (actor.clientId !== client.clientId) return 'issued to another client'
  if (actor.act) return 'handed on itself'
  const unproven = unprovenOf(actor, exchange)
  if (unproven !== undefined) return unproven
  return { sub: actor.subject, client_id: client.clientId }
}

/**
 * Decides an exchange of an access token for another of the same server that can do less: never more scopes than the subject
 * token and the client's registration have in common, never longer, never for another team. It always says who acts, so no API
 * takes it for the subject's own.
 *
 * @see RFC 8693 §2.1, §2.2.2, §4.1, §4.4, §5
 */
export function decideExchange(exchange: Exchange): ExchangeDecision {
  const { client, subject, scope, targets, audience } = exchange
  // RFC 8693 §5: without authentication a stolen token could be traded by anybody.
  if (client.type === 'public') return refuse('unauthorized_client', 'client must authenticate to exchange')
  if (targets.some((target) => target !== audience))
    return refuse('invalid_target', 'tokens of this server are for its issuer alone')
  if (!subject) return badSubject('unknown, over, or of another door')
  const unproven = unprovenOf(subject, exchange)
  if (unproven !== undefined) return badSubject(unproven)
  if (client.teamId !== undefined && client.teamId !== subject.teamId) return badSubject('of another team')
  const actor = actorOf(exchange)
  if (typeof actor === 'string') return badActor(actor)
  if (subject.mayAct && !mayActAs(subject.mayAct, actor)) return badSubject('may_act names somebody else')
  if (actorChain(subject.act).length >= longestActorChain) return badSubject('handed on too often')

  const most = intersectScope(subject.scope, client.scope)
  const asked = scope ?? most
  if (asked.length === 0 || !scopeWithin(asked, most))
    return refuse('invalid_scope', 'scope exceeds the subject token or what the client is registered for')
  const act = { ...actor, ...(subject.act && { act: subject.act }) }
  return { outcome: 'exchange', scope: asked, act, notAfter: subject.expiresAt }
}
