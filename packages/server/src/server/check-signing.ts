import { isSigningAlgorithm, signingAlgorithms } from '@sallyport/protocol'
import type { SigningSettings } from '../settings/signing.ts'

const day = 24 * 3600
const known = ['algorithm', 'rotateAfter', 'signer']

/** Everything that is wrong with how tokens are to be signed, each naming its setting. */
export function checkSigning(signing: SigningSettings | undefined): readonly string[] {
  if (signing === undefined) return []
  if (typeof signing !== 'object' || signing === null) return ['signing must be an object']
  const { algorithm = 'ES256', rotateAfter = 90 * day, signer } = signing
  return [
    ...(signer === undefined || (typeof signer?.keys === 'function' && typeof signer.sign === 'function')
      ? []
      : ['signing.signer must have the functions keys and sign']),
    ...(signer !== undefined && (signing.algorithm !== undefined || signing.rotateAfter !== undefined)
      ? ['signing.signer decides about algorithm and rotation: leave signing.algorithm and rotateAfter out']
      : []),
    ...Object.keys(signing)
      .filter((name) => !known.includes(name))
      .map((name) => `signing.${name} is not a setting`),
    ...(isSigningAlgorithm(algorithm)
      ? []
      : [`signing.algorithm must be one of ${signingAlgorithms.join(', ')}`]),
    // Each key is published for as long as the longest token lives: with very short spans the key set would be very long.
    ...(Number.isSafeInteger(rotateAfter) && rotateAfter >= day && rotateAfter <= 3650 * day
      ? []
      : [`signing.rotateAfter must be ${day} (a day) to ${3650 * day} seconds`]),
  ]
}
