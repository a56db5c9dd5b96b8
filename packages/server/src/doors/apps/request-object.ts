import { parseCompactJws, type RequestObjectRead, readRequestObject } from '@sallyport/protocol'
import { notSignedByClient } from '../../grants/signed-by-client.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Client } from '../../store/contract/index.ts'
import type { AppsContext } from './context.ts'

/** Whether a door takes request objects. */
export function takesObjects({ requestObjects = 'off' }: AppsDoor): boolean {
  return requestObjects !== 'off'
}

/** The parameters that a client signed, if the object was good at that moment. @see RFC 9101 §6.2 */
export async function openRequestObject(
  text: string,
  client: Client,
  at: number,
  { door, services }: Pick<AppsContext, 'door' | 'services'>,
): Promise<RequestObjectRead> {
  // Taken apart by the strict parser first: two readings of one object would be two requests.
  const jws = parseCompactJws(text)
  if (!jws) return { outcome: 'refuse', detail: 'no signed object' }
  const { requestObjectAlg = jws.header['alg'] } = client.choices ?? {}
  if (jws.header['alg'] !== requestObjectAlg)
    return { outcome: 'refuse', detail: 'alg is not the registered one' }
  const source = { keys: services.clientKeys, now: services.now(), algorithms: door.signatureAlgorithms }
  const reason = await notSignedByClient(jws, client, source)
  if (reason !== undefined) return { outcome: 'refuse', detail: `not signed by the client: ${reason}` }
  return readRequestObject(jws, {
    clientId: client.clientId,
    issuer: issuerOf(door, services.baseUrl),
    now: at,
  })
}
