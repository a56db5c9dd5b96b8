import type { CompactJws, Jwk } from '@sallyport/protocol'

/** Whether a client's key, or a secret as its bytes, signed it with `alg`. Nothing that the text itself says of keys is looked at. */
export async function isSignedBy(
  { signingInput, signature }: Pick<CompactJws, 'signingInput' | 'signature'>,
  alg: string,
  key: Jwk | Uint8Array,
): Promise<boolean> {
  const { compactVerify, importJWK } = await import('jose')
  try {
    const imported =
      key instanceof Uint8Array ? key : await importJWK({ ...key, kty: String(key['kty']) }, alg)
    await compactVerify(`${signingInput}.${Buffer.from(signature).toString('base64url')}`, imported, {
      algorithms: [alg],
    })
    return true
  } catch {
    // A signature that is not by this key, or a key that is none: an answer here, not a fault.
    return false
  }
}
