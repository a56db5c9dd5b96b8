import { logoutEvent } from '@sallyport/protocol'
import type { LogoutSenderParts } from '../../accounts/logout-sender.ts'
import { sidOf } from '../../crypto/presence.ts'
import { newSecret } from '../../crypto/secret.ts'
import { subjectFor } from '../../grants/subject.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Services } from '../services.ts'

/** @see OpenID Back-Channel Logout §4: at most two minutes, so that one that was overheard is soon worth nothing */
const lifetime = 120

/**
 * Makes logout tokens. Each try gets a fresh one: one that waited would be over, and a client that remembers what it has seen would
 * refuse it the second time.
 * Signed like the client's ID tokens.
 * @see OpenID Back-Channel Logout §2.4
 */
export function logoutTokens({ doors, signing, sealer, baseUrl }: Services): LogoutSenderParts['tokenFor'] {
  return async ({ doorId, accountId, presenceId }, client, now) => {
    const door = doors.find((one): one is AppsDoor => one.kind === 'apps' && one.id === doorId)
    if (!door?.logout) return { outcome: 'not-told' }
    const algorithm = client.choices?.idTokenAlg
    // The first is the one that signs now.
    if (algorithm !== undefined && algorithm !== signing.algorithms(now)[0])
      return { outcome: 'refuse', reason: 'registered for an algorithm that the server does not sign with' }
    const claims = {
      iss: issuerOf(door, baseUrl),
      sub: subjectFor(client, accountId, { door, sealer }),
      aud: client.clientId,
      iat: now,
      exp: now + lifetime,
      jti: newSecret().slice(0, 22),
      events: { [logoutEvent]: {} },
      sid: sidOf(presenceId, client.clientId, sealer),
    }
    return { outcome: 'made', token: await signing.sign('logout+jwt', claims, now, algorithm) }
  }
}
