import { requestObjectAlgorithms } from '@sallyport/protocol'

/** A client's public keys. @see RFC 7517 §5, RFC 7591 §2 */
export interface ClientKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const mostKeys = 10
// 4096 bits in base64url: checking a signature by a larger key would cost more than an answer.
const longestModulus = 683

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The algorithm that a key is for: its own, or the one that its type leaves. @see RFC 7518 §3, RFC 8037 §3.1 */
function algorithmOf({ alg, kty, crv }: Readonly<Record<string, unknown>>): string | undefined {
  if (alg !== undefined) return requestObjectAlgorithms.find((one) => one === alg)
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA'
  return kty === 'RSA' ? 'PS256' : undefined
}

async function isUsable(key: Readonly<Record<string, unknown>>): Promise<boolean> {
  const alg = algorithmOf(key)
  if (alg === undefined || (key['use'] ?? 'sig') !== 'sig' || String(key['n'] ?? '').length > longestModulus)
    return false
  const { importJWK } = await import('jose')
  try {
    const imported = await importJWK({ ...key, kty: String(key['kty']), alg })
    return 'type' in imported && imported.type === 'public'
  } catch {
    // A key that can't be read: an answer here, not a fault.
    return false
  }
}

/** A key set as it will be stored; text says what is wrong with it. No private key is ever taken. */
export async function readClientKeys(value: unknown): Promise<ClientKeys | string> {
  const keys = isRecord(value) ? value['keys'] : undefined
  if (!Array.isArray(keys) || keys.length > mostKeys || !keys.every(isRecord))
    return `must be a key set of at most ${mostKeys} keys`
  if (keys.some((key) => privateMembers.some((name) => name in key))) return 'must have public keys only'
  const kids = keys.map(({ kid }) => kid)
  if (keys.length > 1 && (new Set(kids).size < kids.length || kids.some((kid) => typeof kid !== 'string')))
    return 'must tell several keys apart by kid'
  for (const key of keys)
    if (!(await isUsable(key))) return `must have signing keys for ${requestObjectAlgorithms.join(', ')}`
  return { keys }
}

/** Whether one of the keys signed it. Nothing that the text itself says of keys is looked at, but for `kid`. */
export async function isSignedByClient(text: string, { keys }: ClientKeys): Promise<boolean> {
  if (keys.length === 0) return false
  const { compactVerify, createLocalJWKSet } = await import('jose')
  try {
    const known = keys.map((key) => ({ ...key, kty: String(key['kty']), alg: algorithmOf(key) ?? '' }))
    await compactVerify(text, createLocalJWKSet({ keys: known }), {
      algorithms: [...requestObjectAlgorithms],
    })
    return true
  } catch {
    // A signature that is not theirs, or no JWS at all.
    return false
  }
}
