import { type ClientAssertion, decideClientAssertion, signatureAlgorithms } from '@sallyport/protocol'
import { isSignedBy } from '../crypto/client-keys.ts'
import { revealClientSecret } from '../crypto/client-secret.ts'
import { secretHash } from '../crypto/secret.ts'
import type { ClientWithSecrets } from '../store/contract/index.ts'
import type { AuthContext, AuthMethod, AuthVerdict } from './auth-method.ts'
import { notSignedByClient } from './signed-by-client.ts'

const refuse = (detail: string): AuthVerdict => ({ outcome: 'refuse', detail })

/** Decides all but the signature, so that what comes at a wrong time or for another server costs nothing. */
function decide(
  { assertion, client }: { readonly assertion: ClientAssertion; readonly client: ClientWithSecrets },
  algorithms: readonly string[],
  { door, now }: AuthContext,
) {
  const registered = client.authentication?.signingAlg
  if (!algorithms.includes(assertion.alg))
    return { outcome: 'refuse', detail: 'alg is not one of the method' } as const
  if (registered !== undefined && registered !== assertion.alg)
    return { outcome: 'refuse', detail: 'alg is not the registered one' } as const
  return decideClientAssertion(assertion, door.audiences, now, door.audienceAsText)
}

/** Takes an assertion that is good in everything else: only those are remembered, so that noise fills nothing. */
async function useOnce(
  { clientId, jti }: ClientAssertion,
  until: number,
  { store, door, now }: AuthContext,
): Promise<boolean> {
  const hash = secretHash(JSON.stringify([door.id, clientId, jti]))
  return store.clients.useAssertion(hash, until, now)
}

const hmac = ['HS256']

/** A JWT signed with a key whose public half is registered. @see RFC 7523 §3, OpenID Connect Core §9 */
export const privateKeyJwt: AuthMethod = {
  name: 'private_key_jwt',
  by: 'assertion',
  algorithms: signatureAlgorithms,

  async prove(client, { assertion }, context) {
    if (!assertion || !client.authentication) return refuse('no assertion')
    const { algorithms = signatureAlgorithms } = context.door
    const decision = decide({ assertion, client }, algorithms, context)
    if (decision.outcome === 'refuse') return decision
    const reason = await notSignedByClient(assertion.jws, client, context)
    if (reason !== undefined) return refuse(reason)
    const first = await useOnce(assertion, decision.until, context)
    return first ? { outcome: 'proven' } : refuse('assertion used before')
  },
}

/** A JWT signed with the client's secret. @see OpenID Connect Core §9, §10.1 */
export const clientSecretJwt: AuthMethod = {
  name: 'client_secret_jwt',
  by: 'assertion',
  algorithms: hmac,

  async prove(client, { assertion }, context) {
    if (!assertion) return refuse('no assertion')
    const decision = decide({ assertion, client }, hmac, context)
    if (decision.outcome === 'refuse') return decision
    for (const { secretId, sealed } of client.secrets) {
      const secret =
        sealed === undefined ? undefined : revealClientSecret(sealed, client.clientId, context.sealer)
      if (secret === undefined) continue
      if (!(await isSignedBy(assertion.jws, assertion.alg, Buffer.from(secret)))) continue
      const first = await useOnce(assertion, decision.until, context)
      return first ? { outcome: 'proven', secretId } : refuse('assertion used before')
    }
    return refuse('signature not valid')
  },
}
