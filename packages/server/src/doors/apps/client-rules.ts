import { type ClientRules, type ClientRulesPolicy, signatureAlgorithms, unmetRule } from '@sallyport/protocol'
import type { AppsDoor } from '../../settings/apps-door.ts'
import type { DoorSettings } from '../../settings/door.ts'
import type { Services } from '../services.ts'
import { takesObjects } from './request-object.ts'
import { takesPushed } from './request-source.ts'
import { responseModesOf } from './respond.ts'

/** How a door's clients may know people. */
export function subjectTypesOf({ subjectTypes = ['public'] }: AppsDoor): ClientRulesPolicy['subjectTypes'] {
  return subjectTypes
}

/** The ways of signing in that clients can ask a door for. */
export function acrNamesOf({ acrValues = {} }: AppsDoor): readonly string[] {
  return Object.values(acrValues)
}

/** What a door can do for a client alone; other kinds of door can do nothing. */
export function rulesPolicy(
  door: DoorSettings,
  { signing, now }: Pick<Services, 'signing' | 'now'>,
): ClientRulesPolicy {
  const algorithms = signing.algorithms(now())
  if (door.kind !== 'apps')
    return {
      pushes: false,
      requestObjects: false,
      foreignAlgorithms: [],
      dpop: false,
      openid: false,
      signedResponses: false,
      signedIntrospection: false,
      subjectTypes: [],
      algorithms,
      acrValues: [],
    }
  return {
    pushes: takesPushed(door),
    requestObjects: takesObjects(door),
    foreignAlgorithms: door.signatureAlgorithms ?? signatureAlgorithms,
    dpop: (door.dpop ?? 'off') !== 'off',
    openid: 'openid' in door.scopes,
    signedResponses: responseModesOf(door).some((mode) => mode.endsWith('.jwt')),
    signedIntrospection: door.signedIntrospection ?? false,
    subjectTypes: subjectTypesOf(door),
    algorithms,
    acrValues: acrNamesOf(door),
  }
}

/** A client as far as its rules go. */
interface RuledClient {
  readonly rules: ClientRules
  readonly redirectUris: readonly string[]
}

/** Why a client can't have its rules at a door; `undefined` when it can. Fetches nothing. */
export function unmetAt(
  { rules, redirectUris }: RuledClient,
  door: DoorSettings,
  services: Pick<Services, 'signing' | 'now'>,
): string | undefined {
  return unmetRule(rules, redirectUris, rulesPolicy(door, services))
}

/** Why the sector that a client names is not its own; `undefined` when it is, or none is named. @see OpenID Connect Registration §5 */
export async function foreignSector(
  { rules: { choices = {} }, redirectUris }: RuledClient,
  { checkSector }: Pick<Services, 'checkSector'>,
): Promise<string | undefined> {
  const { sectorIdentifierUri } = choices
  const reason = sectorIdentifierUri && (await checkSector(sectorIdentifierUri, redirectUris))
  return reason ? `sector_identifier_uri ${reason}` : undefined
}
