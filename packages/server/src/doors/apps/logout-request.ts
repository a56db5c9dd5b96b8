import {
  decideLogout,
  type LogoutDecision,
  type LogoutHint,
  parseQuery,
  ProtocolError,
} from '@sallyport/protocol'
import { sidOf } from '../../crypto/presence.ts'
import { subjectFor } from '../../grants/subject.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Client } from '../../store/contract/index.ts'
import type { SignedIn } from '../browser.ts'
import type { Request } from '../door.ts'
import { openJwt } from '../open-token.ts'
import type { AppsContext } from './context.ts'
import { findClient } from './find-client.ts'

/** An address that was compared with the registration of a client that is known, and nothing else. */
export interface ProvenReturn {
  readonly uri: string
  readonly state: string | undefined
  /** Whether an ID token proved who asks; without one nobody is sent there who has not said so. */
  readonly by: 'hint' | 'person'
}

/** A logout request that may be put to a person, or done. */
export interface JudgedLogout {
  readonly outcome: Exclude<LogoutDecision['outcome'], 'refuse'>
  readonly client: Client | undefined
  readonly returnTo: ProvenReturn | undefined
}

const known = [
  'id_token_hint',
  'logout_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'ui_locales',
] as const
type Params = ReadonlyMap<string, string>

function readParams(search: string): Params {
  const query = parseQuery(search)
  if (query.outcome === 'refuse') throw new ProtocolError('invalid_request', query.description)
  const twice = known.find((name) => query.repeated.includes(name))
  if (twice !== undefined) throw new ProtocolError('invalid_request', `${twice} is repeated`)
  return query.params
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** What an ID token of this door says, however old; a key that signs no more is good as long as it is published. @see OpenID RP-Initiated Logout §2, §4 */
function readHint(params: Params, { door, services }: AppsContext): LogoutHint | 'invalid' | undefined {
  const presented = params.get('id_token_hint')
  if (presented === undefined) return undefined
  const claims = openJwt('JWT', presented, services)
  const [clientId, subject] = [textOf(claims?.['aud']), textOf(claims?.['sub'])]
  if (claims?.['iss'] !== issuerOf(door, services.baseUrl)) return 'invalid'
  // Signed responses are JWTs of the same key and audience; they have no subject.
  if (clientId === undefined || subject === undefined) return 'invalid'
  return { clientId, subject, sid: textOf(claims['sid']) }
}

async function clientOf(
  hint: LogoutHint | 'invalid' | undefined,
  params: Params,
  request: Request,
  apps: AppsContext,
): Promise<Client | undefined> {
  const clientId = typeof hint === 'object' ? hint.clientId : params.get('client_id')
  if (clientId === undefined) return undefined
  const client = await findClient(clientId, 'prove', request, apps)
  return client?.doorId === apps.door.id ? client : undefined
}

/**
 * Reads a logout request of the query. One that must not be acted on at all is thrown and becomes a page; it never leads anywhere.
 * @see OpenID RP-Initiated Logout §2, §3, §4
 */
export async function readLogoutRequest(
  request: Request,
  signedIn: SignedIn | undefined,
  apps: AppsContext,
): Promise<JudgedLogout> {
  const params = readParams(request.search)
  const hint = readHint(params, apps)
  const client = await clientOf(hint, params, request, apps)
  const session = signedIn &&
    client && {
      subject: subjectFor(client, signedIn.account.accountId, {
        door: apps.door,
        sealer: apps.services.sealer,
      }),
      sid: sidOf(signedIn.session.presenceId, client.clientId, apps.services.sealer),
      email: signedIn.account.email,
    }
  const decision = decideLogout({
    hint,
    clientId: params.get('client_id'),
    client: client && {
      clientId: client.clientId,
      postLogoutRedirectUris: client.logout?.postLogoutRedirectUris ?? [],
    },
    returnUri: params.get('post_logout_redirect_uri'),
    logoutHint: params.get('logout_hint'),
    session: session ?? (signedIn && { subject: '', sid: '', email: signedIn.account.email }),
  })
  if (decision.outcome === 'refuse') throw new ProtocolError('invalid_request', decision.description)
  const { outcome, returnTo } = decision
  return {
    outcome,
    client,
    returnTo: returnTo && { ...returnTo, state: params.get('state') },
  }
}
