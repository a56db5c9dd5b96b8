import { constants, verify } from 'node:crypto'
import type { CompactJws } from '@sallyport/protocol'
import type { VerificationKey } from './facts.ts'

/** Whether the key is of the kind its algorithm needs; a source that mixes them up must not weaken the check. */
function suits({ alg, key }: VerificationKey): boolean {
  if (key.type !== 'public') return false
  switch (alg) {
    case 'ES256':
      return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    case 'Ed25519':
    case 'EdDSA':
      return key.asymmetricKeyType === 'ed25519'
    case 'RS256':
    case 'PS256':
      return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
  }
}

/** An unsigned number as DER writes it: no leading zeros but the one that keeps it from being negative. */
function derInteger(number: Uint8Array): readonly number[] {
  const digits = number.subarray(number.findIndex((byte, at) => byte !== 0 || at === number.length - 1))
  const sign = (digits[0] ?? 0) > 0x7f ? [0] : []
  return [0x02, sign.length + digits.length, ...sign, ...digits]
}

/**
 * R and S side by side, as a JWS has them, in the DER that OpenSSL reads; `undefined` when they are not 32 bytes each.
 * Node converts as well (`ieee-p1363`), which costs a third of the verification.
 *
 * @see RFC 7518 §3.4, RFC 3279 §2.2.3
 */
function derSignature(signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== 64) return undefined
  const numbers = [...derInteger(signature.subarray(0, 32)), ...derInteger(signature.subarray(32))]
  return Uint8Array.of(0x30, numbers.length, ...numbers)
}

/**
 * Whether a JWS is signed with `key`, by the one algorithm that belongs to the key: what the header says must agree and
 * decides nothing, so neither `none` nor a public key taken for a shared secret gets anywhere.
 *
 * @see RFC 7515 §5.2, RFC 7518 §3, RFC 8725 §3.1
 */
export function isSignedBy(
  { header, signingInput, signature }: CompactJws,
  verificationKey: VerificationKey,
): boolean {
  const { alg, key } = verificationKey
  if (header['alg'] !== alg || !suits(verificationKey)) return false
  const input = Buffer.from(signingInput)
  switch (alg) {
    case 'ES256': {
      const der = derSignature(signature)
      return der !== undefined && verify('sha256', input, key, der)
    }
    case 'Ed25519':
    case 'EdDSA':
      return verify(null, input, key, signature)
    case 'RS256':
      return verify('sha256', input, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'PS256': {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return verify(
        'sha256',
        input,
        { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        signature,
      )
    }
  }
}
