import type { ForeignAlgorithm } from '@sallyport/protocol'
import type { AppsDoor } from './apps-door.ts'
import type { DoorSettings } from './door.ts'

/** What may be signed with; `EdDSA` means its variant Ed25519. @see FAPI 2.0 Security Profile §5.4.1 item 1 */
export const fapiAlgorithms: readonly ForeignAlgorithm[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']

const demanded: Partial<AppsDoor> = {
  clientAuth: ['private_key_jwt'],
  audienceAsText: true,
  signatureAlgorithms: fapiAlgorithms,
  requireBoundTokens: true,
  strictClock: true,
  strictRedirects: true,
  pushedRequests: 'required',
}

/**
 * A door's settings with what its `fapi` stands for. What a door says itself stays, and is checked at start: `server/check-fapi.ts`
 * has every demand with its clause. A door that binds tokens to certificates takes proofs from those clients that have none.
 */
export function withFapi<Door extends DoorSettings>(door: Door): Door {
  if (door.kind !== 'apps' || door.fapi !== true) return door
  return { ...demanded, dpop: door.certificateBoundTokens ? 'optional' : 'required', ...door }
}
