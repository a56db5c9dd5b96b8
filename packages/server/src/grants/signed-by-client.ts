import {
  type CompactJws,
  type ForeignAlgorithm,
  type Jwk,
  selectKeys,
  signatureAlgorithms,
} from '@sallyport/protocol'
import { isSignedBy } from '../crypto/client-keys.ts'
import type { Client } from '../store/contract/index.ts'
import type { ClientKeys } from './client-keys.ts'

/** Where the keys of clients come from, and the moment. */
interface KeySource {
  readonly keys: ClientKeys
  readonly now: number
  /** What may be signed with; all when left out. */
  readonly algorithms?: readonly ForeignAlgorithm[] | undefined
}

/**
 * `undefined` if one of the client's keys signed it, or else in words why it is not theirs. One rule for whatever a client signs:
 * assertions and authorization requests.
 * @see RFC 7515 §4.1.4, RFC 7523 §3 rule 9, RFC 9101 §6.2
 */
export async function notSignedByClient(
  jws: CompactJws,
  { authentication }: Pick<Client, 'authentication'>,
  { keys, now, algorithms = signatureAlgorithms }: KeySource,
): Promise<string | undefined> {
  const { kid } = jws.header
  if (kid !== undefined && typeof kid !== 'string') return 'kid is not text'
  const alg = algorithms.find((one) => one === jws.header['alg'])
  if (!alg) return 'alg is not one for keys of clients'
  const isNamed = ({ kid: name }: Jwk) => kid === undefined || name === undefined || name === kid
  const known = authentication ? await keys.keysOf(authentication, isNamed, now) : 'no keys are registered'
  if (typeof known === 'string') return known
  const candidates = selectKeys(known, { alg, kid })
  for (const key of candidates) if (await isSignedBy(jws, alg, key)) return undefined
  return candidates.length === 0 ? 'no key of the client suits the signature' : 'signature not valid'
}
