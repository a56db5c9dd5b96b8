import { parseDocumentUrl } from './document-url.ts'
import { signatureAlgorithms } from './jwk.ts'
import { signingAlgorithms } from './signing.ts'
import { isAcrName } from './step-up.ts'
import { needsSectorIdentifier, type SubjectType, subjectTypes } from './subject.ts'

/** What a client registered of what it wants to be asked and told. @see OpenID Connect Registration §2, RFC 9449 §5.2, RFC 9701 §6, JARM §3 */
export interface ClientChoices {
  readonly subjectType?: SubjectType
  readonly sectorIdentifierUri?: string
  readonly idTokenAlg?: string
  /** Given, userinfo answers with a JWT. */
  readonly userinfoAlg?: string
  readonly introspectionAlg?: string
  readonly authorizationAlg?: string
  /** The only algorithm of its request objects. */
  readonly requestObjectAlg?: string
  readonly defaultMaxAge?: number
  readonly requireAuthTime?: boolean
  readonly defaultAcrValues?: readonly string[]
  /** Whether every token of its is bound to a key. */
  readonly dpopBound?: boolean
}

/** What holds for a client alone, beside how it proves itself. */
export interface ClientRules {
  /** Whether it has to push its authorization requests; left out: as the door has it. @see RFC 9126 §6 */
  readonly requirePushed?: boolean
  /** Whether it has to sign its authorization requests; left out: as the door has it. @see RFC 9101 §10.5 */
  readonly requireSigned?: boolean
  /** Left out where nothing was registered. */
  readonly choices?: ClientChoices
}

/** What a door can do for its clients. */
export interface ClientRulesPolicy {
  readonly pushes: boolean
  readonly requestObjects: boolean
  /** What others may sign with at the door. */
  readonly foreignAlgorithms: readonly string[]
  readonly dpop: boolean
  readonly openid: boolean
  readonly signedResponses: boolean
  readonly signedIntrospection: boolean
  readonly subjectTypes: readonly SubjectType[]
  /** What the server signs with. */
  readonly algorithms: readonly string[]
  readonly acrValues: readonly string[]
}

/** What was read, or which member is wrong and why. */
export type ClientRulesRead =
  | { readonly outcome: 'ok'; readonly rules: ClientRules }
  | { readonly outcome: 'refuse'; readonly member: string; readonly reason: string }

type Members = Readonly<Record<string, unknown>>

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const oneOf = (values: readonly string[]) => ({
  is: (value: unknown): boolean => values.some((one) => one === value),
  must: `must be one of ${values.join(', ')}`,
})
const flag = { is: isFlag, must: 'must be true or false' }
const serverAlgorithm = oneOf(signingAlgorithms)
const isAge = (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 1e9
const isAcrList = (value: unknown) =>
  Array.isArray(value) &&
  value.length <= 10 &&
  value.every((one) => typeof one === 'string' && isAcrName(one))

/** How each member is called here, and what it can be. */
const known = {
  subject_type: { key: 'subjectType', ...oneOf(subjectTypes) },
  sector_identifier_uri: {
    key: 'sectorIdentifierUri',
    is: (value: unknown) => typeof value === 'string' && typeof parseDocumentUrl(value) !== 'string',
    must: 'must be an https address',
  },
  id_token_signed_response_alg: { key: 'idTokenAlg', ...serverAlgorithm },
  userinfo_signed_response_alg: { key: 'userinfoAlg', ...serverAlgorithm },
  introspection_signed_response_alg: { key: 'introspectionAlg', ...serverAlgorithm },
  authorization_signed_response_alg: { key: 'authorizationAlg', ...serverAlgorithm },
  request_object_signing_alg: { key: 'requestObjectAlg', ...oneOf(signatureAlgorithms) },
  default_max_age: { key: 'defaultMaxAge', is: isAge, must: 'must be a whole number of seconds' },
  require_auth_time: { key: 'requireAuthTime', ...flag },
  default_acr_values: { key: 'defaultAcrValues', is: isAcrList, must: 'must be a list of at most 10 words' },
  dpop_bound_access_tokens: { key: 'dpopBound', ...flag },
} as const

const entries = Object.entries(known)

/** The names of all these members. */
export const clientRuleMembers: readonly string[] = [
  'require_pushed_authorization_requests',
  'require_signed_request_object',
  ...entries.map(([member]) => member),
]

/**
 * Reads from client metadata what holds for the client alone. Whether a door can do it is `unmetRule`'s to say.
 * @see OpenID Connect Registration §2, RFC 9126 §6, RFC 9101 §10.5
 */
export function readClientRules(members: Members): ClientRulesRead {
  const required = ['require_pushed_authorization_requests', 'require_signed_request_object'] as const
  const noFlag = required.find((name) => members[name] !== undefined && !isFlag(members[name]))
  if (noFlag !== undefined) return { outcome: 'refuse', member: noFlag, reason: flag.must }
  const said = entries.filter(([member]) => members[member] !== undefined)
  const wrong = said.find(([member, { is }]) => !is(members[member]))
  if (wrong) return { outcome: 'refuse', member: wrong[0], reason: wrong[1].must }
  const choices: ClientChoices = Object.fromEntries(said.map(([member, { key }]) => [key, members[member]]))
  const [requirePushed, requireSigned] = required.map((name) => members[name])
  const rules = {
    ...(isFlag(requirePushed) && { requirePushed }),
    ...(isFlag(requireSigned) && { requireSigned }),
    ...(said.length > 0 && { choices }),
  }
  return { outcome: 'ok', rules }
}

/** What was chosen, in the words of client metadata. */
export function choicesMetadata(choices: ClientChoices): Members {
  return Object.fromEntries(
    entries.flatMap(([member, { key }]) => (choices[key] === undefined ? [] : [[member, choices[key]]])),
  )
}

/** What holds for a client alone, in the words of client metadata; what was not registered is left out. @see RFC 7591 §3.2.1 */
export function clientRulesMetadata({ requirePushed, requireSigned, choices = {} }: ClientRules): Members {
  return {
    ...(requirePushed && { require_pushed_authorization_requests: true }),
    ...(requireSigned && { require_signed_request_object: true }),
    ...choicesMetadata(choices),
  }
}

/**
 * What of a client's rules a door can't keep, in words; `undefined` when it can keep them all. A rule that nobody keeps would be a
 * promise that somebody relies on.
 * @see OpenID Connect Registration §2, §5
 */
export function unmetRule(
  { requirePushed, requireSigned, choices = {} }: ClientRules,
  redirectUris: readonly string[],
  policy: ClientRulesPolicy,
): string | undefined {
  const { subjectType, sectorIdentifierUri, defaultAcrValues = [] } = choices
  const cant = (
    name: string,
    asked: boolean | undefined,
    can: boolean,
    why = 'this is not for clients of this door',
  ) => (asked && !can ? [`${name}: ${why}`] : [])
  const signs = (name: string, alg: string | undefined, can: boolean) =>
    cant(name, alg !== undefined, can && policy.algorithms.some((one) => one === alg))
  const pairwise = (subjectType ?? policy.subjectTypes[0]) === 'pairwise'
  const [unmet] = [
    ...cant(
      'require_pushed_authorization_requests',
      requirePushed,
      policy.pushes,
      'the door takes no such requests',
    ),
    ...cant(
      'require_signed_request_object',
      requireSigned,
      policy.requestObjects,
      'the door takes no such requests',
    ),
    ...cant(
      'request_object_signing_alg',
      choices.requestObjectAlg !== undefined,
      policy.foreignAlgorithms.some((one) => one === choices.requestObjectAlg),
    ),
    ...cant('dpop_bound_access_tokens', choices.dpopBound, policy.dpop),
    ...cant(
      'subject_type',
      subjectType !== undefined,
      policy.subjectTypes.some((one) => one === subjectType),
    ),
    ...signs('id_token_signed_response_alg', choices.idTokenAlg, policy.openid),
    ...signs('userinfo_signed_response_alg', choices.userinfoAlg, policy.openid),
    ...signs('introspection_signed_response_alg', choices.introspectionAlg, policy.signedIntrospection),
    ...signs('authorization_signed_response_alg', choices.authorizationAlg, policy.signedResponses),
    ...cant(
      'default_acr_values',
      defaultAcrValues.length > 0,
      defaultAcrValues.every((one) => policy.acrValues.includes(one)),
    ),
  ]
  if (unmet !== undefined) return unmet
  if (pairwise && sectorIdentifierUri === undefined && needsSectorIdentifier(redirectUris))
    return 'sector_identifier_uri is needed where redirect_uris have more than one host'
  return undefined
}
