import { parseScope, type Principal, ProtocolError, scopeWithin } from '@sallyport/protocol'
import { grantableKeyScope } from '../../accounts/keys.ts'
import { newId } from '../../crypto/id.ts'
import { newSecret, secretHash } from '../../crypto/secret.ts'
import type { KeysDoor } from '../../settings/door.ts'
import { type Endpoint, oneHeader, type Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { readJson } from '../read-body.ts'
import { auditEvent } from '../services.ts'
import type { KeysContext } from './manage.ts'

type SessionTokens = NonNullable<KeysDoor['sessionTokens']>

/** The scopes asked for, all within the parent's; all of them when none are named. */
function readScope(request: Request, parent: Principal, door: KeysDoor): readonly string[] {
  // A person's sign-in carries no scopes here: they may hand on what their role has.
  const most = parent.kind === 'api-key' ? parent.scopes : grantableKeyScope(door, parent.role ?? '')
  if (request.body === '') return most
  const asked = readJson(request)['scope']
  if (asked === undefined) return most
  const scope = typeof asked === 'string' ? parseScope(asked) : undefined
  if (!scope || !scopeWithin(scope, most))
    throw new ProtocolError('invalid_scope', 'scope must be within what the credential has')
  return scope
}

function presentedKey(request: Request): string {
  const header = oneHeader(request, 'x-api-key')
  return header ?? (oneHeader(request, 'authorization') ?? '').replace(/^bearer +/i, '')
}

/** A session token, minted from a key or a sign-in: fewer rights, a short life, and dead with its parent. */
export function sessionTokensEndpoint(keys: KeysContext, { path, lifetime, idle }: SessionTokens): Endpoint {
  const { door, services, guard, people } = keys
  return {
    path,
    methods: {
      async POST(request) {
        const check = await guard.check(request, {
          doors: [...people, door.id],
          kinds: ['person', 'api-key'],
        })
        if (check.outcome === 'refuse') return check
        const parent = check.principal
        const now = services.now()
        await spendOrRefuse(services.limiter, `session-tokens:${door.id}:${parent.id}`, door.creations, now)
        const scope = readScope(request, parent, door)
        const secret = newSecret('osk_')
        const tokenId = newId('stk_', now)
        const isKey = parent.kind === 'api-key'
        const token = {
          tokenId,
          hash: secretHash(secret),
          doorId: door.id,
          keyHash: isKey ? secretHash(presentedKey(request)) : undefined,
          familyId: isKey ? undefined : parent.credentialId,
          accountId: parent.accountId,
          teamId: parent.team?.id ?? '',
          environment: parent.environment,
          scope,
          expiresAt: now + lifetime,
        }
        const about = {
          targetId: tokenId,
          ...(parent.accountId !== undefined && { accountId: parent.accountId }),
        }
        await services.store.keys.createSessionToken(
          token,
          auditEvent(request, door.id)('session-token.issued', about),
          now,
        )
        const body = {
          token: secret,
          token_type: 'Bearer',
          expires_in: lifetime,
          idle_timeout: idle,
          scope: scope.join(' '),
        }
        return { status: 201, headers: { 'cache-control': 'no-store' }, body }
      },
    },
  }
}
