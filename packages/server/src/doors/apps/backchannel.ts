import { isBindingMessage, parseEmail, parseRequestedExpiry, ProtocolError } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import { accountOf } from '../../grants/subject.ts'
import { backchannel } from '../../grants/backchannel.ts'
import type { Window } from '../../settings/door.ts'
import type { NewDeferred } from '../../store/contract/index.ts'
import { requestPath } from '../device/paths.ts'
import type { Endpoint, Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { openJwt } from '../open-token.ts'
import { type ClientRequest, readClientRequest } from './client.ts'
import { type AppsContext, noStore, pathOf } from './context.ts'
import { askedLimits, askedScope, deferredSettings, refuseRequestObjects, requireGrant } from './deferred.ts'
import { notify } from './notify.ts'

/** How often one client may ask for one person: each request is something that they have to look at. */
const asksForPerson: Window = { limit: 10, window: 600 }

const hints = ['login_hint', 'id_token_hint', 'login_hint_token'] as const

/** Whom a request is for, and what their requests are counted by: the person, however they are named. */
interface Person {
  readonly accountId: string
  readonly isSomebody: boolean
  readonly count: string
}

/**
 * Whom a request is for. Somebody unknown gets an id that is nobody's, so that their request waits in vain like one that is not
 * answered: a client must not learn here who has an account.
 * @see OpenID CIBA Core §7.1, §7.2
 */
async function personOf(
  { client, params, context }: ClientRequest,
  { services }: AppsContext,
): Promise<Person> {
  const given = hints.filter((name) => params.has(name))
  if (given.length !== 1) throw new ProtocolError('invalid_request', `send one of ${hints.join(', ')}`)
  const { store, door, now } = context
  const idToken = params.get('id_token_hint')
  if (idToken !== undefined) {
    const claims = openJwt('JWT', idToken, services)
    const ours = claims?.['iss'] === door.issuer && claims['aud'] === client.clientId
    const account = ours ? await accountOf(claims, client, context) : undefined
    const isSomebody = account?.disabledAt === undefined
    if (account) return { accountId: account.accountId, isSomebody, count: account.accountId }
    throw new ProtocolError('invalid_request', 'id_token_hint is no ID token of this server for this client')
  }
  const email = parseEmail(params.get('login_hint') ?? '')
  if (email === undefined) throw new ProtocolError('invalid_request', 'login_hint must be an e-mail address')
  const account = await store.accounts.findByEmail(email)
  const isSomebody = account !== undefined && account.disabledAt === undefined
  return isSomebody
    ? { accountId: account.accountId, isSomebody, count: account.accountId }
    : { accountId: newId('acc_', now), isSomebody, count: secretHash(email) }
}

function readRequest(
  asked: ClientRequest,
  apps: AppsContext,
): Pick<NewDeferred, 'scope' | 'resources' | 'details' | 'bindingMessage' | 'expiresAt'> {
  const { client, params, context } = asked
  if (client.type === 'public')
    throw new ProtocolError('unauthorized_client', 'client must authenticate to ask this way')
  if (params.has('user_code')) throw new ProtocolError('invalid_request', 'user_code is not supported')
  const scope = askedScope(params, client, apps.door)
  if (!params.has('scope') || !scope.includes('openid'))
    throw new ProtocolError('invalid_scope', 'scope must have openid in it')
  const bindingMessage = params.get('binding_message')
  if (bindingMessage !== undefined && !isBindingMessage(bindingMessage))
    throw new ProtocolError('invalid_binding_message', 'binding_message must be short and plain')
  const lifetime = parseRequestedExpiry(params.get('requested_expiry'), deferredSettings(apps.door).lifetime)
  if (lifetime === undefined)
    throw new ProtocolError('invalid_request', 'requested_expiry must be a number of seconds')
  return { scope, ...askedLimits(asked, apps), bindingMessage, expiresAt: context.now + lifetime }
}

async function begin(asked: ClientRequest, request: Request, apps: AppsContext): Promise<object> {
  const { door, services } = apps
  const { client, context } = asked
  const { now, event } = context
  requireGrant(client, backchannel.grantType)
  refuseRequestObjects(asked.params)
  const read = readRequest(asked, apps)
  const { accountId, isSomebody, count } = await personOf(asked, apps)
  await spendOrRefuse(services.limiter, `backchannel:${client.clientId}:${count}`, asksForPerson, now)
  const [secret, requestId] = [newSecret(), newId('ask_', now)]
  const { interval } = deferredSettings(door)
  const { clientId } = client
  const made = await context.store.deferred.add(
    {
      ...read,
      hash: secretHash(secret),
      requestId,
      userCode: undefined,
      doorId: door.id,
      clientId,
      accountId,
      ip: request.ip,
      interval,
    },
    event('backchannel.asked', { clientId, accountId, targetId: requestId, detail: read.scope.join(' ') }),
    now,
  )
  if (!made) throw new Error('an id was given out twice')
  notify(isSomebody ? door.backchannelHook : undefined, services, {
    type: 'backchannel.asked',
    timestamp: new Date(now * 1000).toISOString(),
    data: {
      request_id: requestId,
      account_id: accountId,
      client_id: clientId,
      client_name: client.name,
      ...(read.bindingMessage !== undefined && { binding_message: read.bindingMessage }),
      expires_at: read.expiresAt,
      url: services.baseUrl + requestPath(requestId),
    },
  })
  return { auth_req_id: secret, expires_in: read.expiresAt - now, interval }
}

/** The backchannel authentication endpoint. @see OpenID CIBA Core §7 */
export function backchannelEndpoint(apps: AppsContext): Endpoint {
  return {
    path: pathOf(apps, 'backchannelAuthentication'),
    methods: {
      async POST(request) {
        const body = await begin(await readClientRequest(request, apps), request, apps)
        return { status: 200, headers: noStore, body }
      },
    },
  }
}
