import type { AppsDoor } from '../settings/apps-door.ts'
import type { DoorSettings } from '../settings/door.ts'
import { fapiAlgorithms } from '../settings/fapi.ts'
import type { SigningSettings } from '../settings/signing.ts'

/** One demand of the profile on the settings of a door, which are those with its preset. */
export interface FapiDemand {
  /** Where the FAPI 2.0 Security Profile says it. */
  readonly clause: string
  /** What must be, as the setting is written. */
  readonly setting: string
  isMet(door: AppsDoor, signing: SigningSettings): boolean
}

const provingMethods: readonly string[] = [
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
]
const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')

/**
 * Everything that the profile demands of the settings of a door. What it demands besides is so at every door, or what
 * `settings/fapi.ts` switches on.
 */
export const fapiDemands: readonly FapiDemand[] = [
  {
    clause: '§5.3.2.1 items 3 and 6',
    setting: `clientAuth must name some of ${quoted(provingMethods)} and nothing else`,
    isMet: ({ clientAuth = [] }) =>
      clientAuth.length > 0 && clientAuth.every((one) => provingMethods.includes(one)),
  },
  {
    clause: '§5.3.2.1 item 4',
    setting: 'requireBoundTokens must be true',
    isMet: ({ requireBoundTokens }) => requireBoundTokens === true,
  },
  {
    clause: '§5.3.2.1 item 5',
    setting: "dpop must be 'required', or certificateBoundTokens true",
    isMet: ({ dpop, certificateBoundTokens }) => dpop === 'required' || certificateBoundTokens === true,
  },
  {
    clause: '§5.3.2.1 item 8',
    setting: 'audienceAsText must be true',
    isMet: ({ audienceAsText }) => audienceAsText === true,
  },
  {
    clause: '§5.3.2.1 item 8',
    setting: 'insecureEndpointAudience must be left out',
    isMet: ({ insecureEndpointAudience }) => insecureEndpointAudience !== true,
  },
  {
    clause: '§5.3.2.1 item 9',
    setting: "refresh.rotation must be 'none'",
    isMet: ({ refresh }) => refresh.rotation === 'none',
  },
  {
    clause: '§5.3.2.1 item 11',
    setting: 'codeLifetime must be at most 60 seconds',
    isMet: ({ codeLifetime }) => codeLifetime <= 60,
  },
  {
    clause: '§5.3.2.1 item 13',
    setting: 'strictClock must be true',
    isMet: ({ strictClock }) => strictClock === true,
  },
  {
    clause: '§5.3.2.2 items 2 and 3',
    setting: "pushedRequests must be 'required'",
    isMet: ({ pushedRequests }) => pushedRequests === 'required',
  },
  {
    clause: '§5.3.2.2 item 5',
    setting: "pkce must be 'required'",
    isMet: ({ pkce }) => pkce === 'required',
  },
  {
    clause: '§5.3.2.2 items 6, 8 and 11',
    setting: 'strictRedirects must be true',
    isMet: ({ strictRedirects }) => strictRedirects === true,
  },
  {
    clause: '§5.4.1 item 1',
    setting: `signatureAlgorithms must name some of ${quoted(fapiAlgorithms)} and nothing else`,
    isMet: ({ signatureAlgorithms = [] }) =>
      signatureAlgorithms.length > 0 && signatureAlgorithms.every((one) => fapiAlgorithms.includes(one)),
  },
  {
    clause: '§5.4.1 item 1',
    setting: 'signing.algorithm of the configuration must not be RS256',
    isMet: (_door, { algorithm }) => algorithm !== 'RS256',
  },
]

/** What contradicts `fapi` at the doors that claim it, each with the clause. The doors are those with their presets. */
export function checkFapi(doors: readonly DoorSettings[], signing: SigningSettings = {}): readonly string[] {
  return doors
    .filter((door) => door.kind === 'apps' && door.fapi === true)
    .flatMap((door) =>
      door.kind === 'apps'
        ? fapiDemands
            .filter(({ isMet }) => !isMet(door, signing))
            .map(
              ({ clause, setting }) =>
                `door ${door.id}: fapi: ${setting} (FAPI 2.0 Security Profile ${clause})`,
            )
        : [],
    )
}
