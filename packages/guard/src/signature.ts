import { constants, createHash, verify } from 'node:crypto'
import type { CompactJws } from '@sallyport/protocol'
import type { VerificationKey } from './facts.ts'

function isSigned({ signingInput, signature }: CompactJws, { alg, key }: VerificationKey): boolean {
  const data = Buffer.from(signingInput)
  switch (alg) {
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return verify(null, data, key, signature)
    case 'RS256':
      return verify('sha256', data, key, signature)
    case 'PS256':
      return verify(
        'sha256',
        data,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      )
  }
}

/** Tokens whose signature was right, so that a hot one is verified once. */
const seen = new Map<string, VerificationKey['key']>()
const remembered = 10_000

/** Whether `key` signed the token. The algorithm is the key's own; the header only has to agree. @see RFC 8725 §3.1 */
export function hasSignature(token: string, jws: CompactJws, key: VerificationKey): boolean {
  if (jws.header['alg'] !== key.alg) return false
  const hash = createHash('sha256').update(token).digest('base64')
  if (seen.get(hash) === key.key) return true
  if (!isSigned(jws, key)) return false
  if (seen.size >= remembered) seen.delete(seen.keys().next().value ?? '')
  seen.set(hash, key.key)
  return true
}
