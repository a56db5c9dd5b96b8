import { endsWithSession, ProtocolError, type Scope } from '@sallyport/protocol'
import { newId } from '../../crypto/id.ts'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import type { ApprovedCode, NewFamily } from '../../store/contract/index.ts'
import type { SignedIn } from '../browser.ts'
import type { Reply, Request } from '../door.ts'
import { auditEvent } from '../services.ts'
import type { ProvenRequest } from './authorization.ts'
import { singleClaims } from './claims.ts'
import type { AppsContext } from './context.ts'
import { respondCode } from './respond.ts'

/** What a person decided. */
export interface Approval {
  readonly signedIn: SignedIn
  readonly teamId: string
  readonly scope: Scope
  readonly consent: ApprovedCode['consent']
}

/** What the family has of the sign-in; with what ties it to the browser, where apps of the door hear of it when somebody leaves. */
function signInOf(
  { scope, signedIn: { session } }: Approval,
  { logout, scopes }: AppsDoor,
): Pick<NewFamily, 'authenticatedAt' | 'signIn' | 'presence'> {
  const { authenticatedAt, signIn, presenceId } = session
  const presence = { presenceId, endsWithIt: endsWithSession(scope, Object.keys(scopes)) }
  return { authenticatedAt, signIn, ...(logout && { presence }) }
}

/** Records the approval with its family and code in one step, and sends the code. @see RFC 6749 §4.1.2 */
export async function grantCode(
  { request, client, pushedHash }: ProvenRequest,
  approval: Approval,
  httpRequest: Request,
  apps: AppsContext,
): Promise<Reply> {
  const { door, services } = apps
  const {
    signedIn: { account, session },
    teamId,
    scope,
    consent,
  } = approval
  const now = services.now()
  // A response that can’t be signed now must not leave a code behind that nobody got, nor use a pushed request up.
  if (request.responseMode.endsWith('.jwt'))
    await services.signing.ready(now, client.choices?.authorizationAlg)
  const code = newSecret()
  const familyId = newId('fam_', now)
  const about = { accountId: account.accountId, clientId: client.clientId, teamId }
  const recorded = await services.store.families.createWithCode(
    {
      ...about,
      familyId,
      doorId: door.id,
      kind: 'code',
      scope,
      ...signInOf(approval, door),
      nonce: request.nonce,
      resources: request.resources,
      details: request.details,
      // Of the scope that was asked for: what was not shown singly, since a scope had it, is not told when that is left out.
      claims: scope.includes('openid') ? singleClaims(request.claims, request.scope) : [],
      expiresAt: door.refresh.absolute === undefined ? undefined : now + door.refresh.absolute,
    },
    {
      hash: secretHash(code),
      sessionHash: session.hash,
      consent,
      pushedHash,
      redirectUri: request.redirectUri,
      askedRedirectUri: request.askedRedirectUri,
      codeChallenge: request.codeChallenge,
      dpopJkt: request.dpopJkt,
      expiresAt: now + door.codeLifetime,
    },
    auditEvent(httpRequest, door.id)('code.issued', {
      ...about,
      targetId: familyId,
      detail: scope.join(' '),
    }),
    now,
  )
  if (!recorded)
    throw new ProtocolError(
      'access_denied',
      'Your session or your consent has ended, or this was answered already. Go back to the app and start again.',
    )
  return respondCode(request, code, { signedIn: approval.signedIn, apps })
}
