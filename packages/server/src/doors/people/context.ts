import type { Guard } from '@sallyport/guard'
import type { SignInMethod } from '@sallyport/protocol'
import type { AccountContext } from '../../accounts/context.ts'
import type { Upstream } from '../../accounts/upstream.ts'
import { issue } from '../../grants/issue.ts'
import { startFamily } from '../../grants/start-family.ts'
import { newId } from '../../crypto/id.ts'
import type { PeopleDoor } from '../../settings/door.ts'
import type { Account } from '../../store/contract/index.ts'
import type { Request } from '../door.ts'
import { auditEvent, grantContext, type Services } from '../services.ts'

/** What the endpoints of one people door share. */
export interface PeopleContext {
  readonly door: PeopleDoor
  readonly services: Services
  readonly guard: Guard
  readonly upstream: Upstream | undefined
}

/** What an account function needs, for one request. */
export function accountContext(request: Request, { door, services }: PeopleContext): AccountContext {
  const { store, passwords } = services
  return { store, passwords, now: services.now(), event: auditEvent(request, door.id) }
}

/** Headers of every answer that holds tokens. @see RFC 6749 §5.1 */
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Starts a token family for a person who just proved who they are; the pair as this door words it. */
export async function pairFor(
  account: Account,
  request: Request,
  { door, services }: PeopleContext,
  signIn: SignInMethod = 'password',
): Promise<{ readonly access: string; readonly refresh: string | undefined }> {
  const context = await grantContext(door, request, services)
  const granted = await startFamily(
    {
      familyId: newId('fam_', context.now),
      kind: 'login',
      accountId: account.accountId,
      clientId: undefined,
      teamId: account.homeTeamId,
      scope: [],
      signIn,
    },
    context,
    account,
  )
  const { accessToken, refreshToken } = issue(granted, context)
  return { access: accessToken, refresh: refreshToken }
}

/** A person as this door shows them to themselves. */
export function personBody({
  accountId,
  email,
  emailVerifiedAt,
}: Account): Readonly<Record<string, unknown>> {
  return { id: accountId, email, email_verified: emailVerifiedAt !== undefined }
}
