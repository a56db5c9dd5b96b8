import { decodeBase64 } from './base64.ts'
import { parseJsonObject } from './json.ts'

/** A public key, as a JSON object. @see RFC 7517 §4 */
export type Jwk = Readonly<Record<string, unknown>>

/** What others may sign with for us; never a shared secret. @see RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2 */
export const signatureAlgorithms = ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256'] as const

/** One of them. */
export type ForeignAlgorithm = (typeof signatureAlgorithms)[number]

// 4096 bits: checking a signature by a larger key would cost more than an answer.
const maxModulus = 512
const minModulus = 256
const maxKeys = 20
const maxPublished = 100
const maxText = 200
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

const sizeOf = (text: unknown) =>
  typeof text === 'string' ? (decodeBase64(text, 'base64url')?.length ?? 0) : 0

/** The members of a key that its algorithm needs, in the order of a thumbprint. @see RFC 7638 §3.2, RFC 8037 §2 */
function publicMembers(jwk: Jwk, alg: ForeignAlgorithm): readonly string[] | undefined {
  switch (alg) {
    case 'ES256':
      return jwk['kty'] === 'EC' &&
        jwk['crv'] === 'P-256' &&
        sizeOf(jwk['x']) === 32 &&
        sizeOf(jwk['y']) === 32
        ? ['crv', 'kty', 'x', 'y']
        : undefined
    case 'Ed25519':
    case 'EdDSA':
      return jwk['kty'] === 'OKP' && jwk['crv'] === 'Ed25519' && sizeOf(jwk['x']) === 32
        ? ['crv', 'kty', 'x']
        : undefined
    case 'PS256':
    case 'RS256': {
      const modulus = sizeOf(jwk['n'])
      const exponent = sizeOf(jwk['e'])
      const fits = modulus >= minModulus && modulus <= maxModulus && exponent >= 1 && exponent <= 4
      return jwk['kty'] === 'RSA' && fits ? ['e', 'kty', 'n'] : undefined
    }
  }
}

const isObject = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The members of a public key that `alg` needs and no others, in the order of a thumbprint; `undefined` for a key that does not
 * suit the algorithm, is weak, or has anything private in it: whoever shows that proves nothing with it.
 * @see RFC 7638 §3, RFC 9449 §4.3 check 7
 */
export function readPublicJwk(
  value: unknown,
  alg: ForeignAlgorithm,
): Readonly<Record<string, string>> | undefined {
  if (!isObject(value) || privateMembers.some((name) => name in value)) return undefined
  const names = publicMembers(value, alg)
  return names && Object.fromEntries(names.map((name) => [name, String(value[name])]))
}

const isShortText = (value: unknown) =>
  value === undefined || (typeof value === 'string' && value !== '' && value.length <= maxText)
const isTexts = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'))

const sameAlgorithm = (told: unknown, alg: ForeignAlgorithm) =>
  told === undefined ||
  told === alg ||
  (alg === 'Ed25519' && told === 'EdDSA') ||
  (alg === 'EdDSA' && told === 'Ed25519')

function checkKey(key: unknown): string | undefined {
  if (!isObject(key)) return 'a key is not an object'
  if (privateMembers.some((name) => name in key))
    return 'a key has private members: send the public half only'
  const fitting = signatureAlgorithms.filter((alg) => readPublicJwk(key, alg))
  if (fitting.length === 0) return 'a key is not EC P-256, Ed25519, or RSA of 2048 to 4096 bits'
  if (!isShortText(key['kid'])) return 'kid must be text'
  if ((key['use'] ?? 'sig') !== 'sig') return 'use must be sig'
  if (!fitting.some((alg) => sameAlgorithm(key['alg'], alg)))
    return `alg must be one that suits the key, of ${signatureAlgorithms.join(', ')}`
  if (!isTexts(key['key_ops']) || !isTexts(key['x5c'])) return 'key_ops and x5c must be lists of text'
  return undefined
}

/** The keys of a set, or in words why it may not be registered or used. @see RFC 7517 §5 */
export function readJwks(
  value: unknown,
):
  | { readonly outcome: 'ok'; readonly keys: readonly Jwk[] }
  | { readonly outcome: 'refuse'; readonly reason: string } {
  const keys = isObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys)) return { outcome: 'refuse', reason: 'must be an object with a list of keys' }
  if (keys.length === 0 || keys.length > maxKeys)
    return { outcome: 'refuse', reason: `must have 1 to ${maxKeys} keys` }
  const reason = keys.map(checkKey).find((one) => one !== undefined)
  if (reason !== undefined) return { outcome: 'refuse', reason }
  const named = keys.map((key: Jwk) => key['kid']).filter((kid) => kid !== undefined)
  if (new Set(named).size < named.length) return { outcome: 'refuse', reason: 'two keys have the same kid' }
  return { outcome: 'ok', keys }
}

/**
 * The keys of a set that a signature may have been made with, as their public members. A key that names itself must be named by
 * the signature where that names one; keys for encryption and other algorithms are none.
 * @see RFC 7515 §4.1.4, RFC 7517 §4.2, §4.3, §4.4
 */
export function selectKeys(
  keys: readonly Jwk[],
  { alg, kid }: { readonly alg: ForeignAlgorithm; readonly kid: string | undefined },
): readonly Readonly<Record<string, string>>[] {
  return keys.flatMap((key) => {
    const { use, key_ops: ops, alg: told, kid: name } = key
    if (use !== undefined && use !== 'sig') return []
    if (Array.isArray(ops) && !ops.includes('verify')) return []
    if (!sameAlgorithm(told, alg)) return []
    if (kid !== undefined && name !== undefined && name !== kid) return []
    const members = readPublicJwk(key, alg)
    return members ? [members] : []
  })
}

/**
 * The keys of a set that a client publishes for whoever it deals with, as text. What is no object is left out; which of the rest are
 * for us shows when one is needed. `undefined` where it is no set of keys.
 * @see RFC 7517 §5: keys that are not understood SHOULD be ignored
 */
export function parsePublishedJwks(text: string): readonly Jwk[] | undefined {
  const parsed = parseJsonObject(text)
  const keys = parsed.outcome === 'ok' ? parsed.value['keys'] : undefined
  return Array.isArray(keys) && keys.length <= maxPublished ? keys.filter(isObject) : undefined
}
