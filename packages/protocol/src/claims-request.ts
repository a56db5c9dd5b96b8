import { parseJsonObject } from './json.ts'

/** Claims that are told only to whom the person allowed it: by a scope, or one by one. @see OpenID Connect Core §5.4, §5.5 */
export const askableClaims: readonly string[] = ['email']

/** Ways of signing in, by name, the best first. @see OpenID Connect Core §3.1.2.1, §5.5.1.1 */
export interface AcrRequest {
  readonly values: readonly string[]
  /** Nothing else will do. */
  readonly essential: boolean
}

/** What a request asks to be told of a person. Claims that everybody is told with `openid` are left out. */
export interface ClaimsRequest {
  readonly idToken: readonly string[]
  readonly userinfo: readonly string[]
  /** The only person that an answer may be about. @see OpenID Connect Core §5.5.1 */
  readonly subject: string | undefined
  /** The ways of signing in that it wishes for, or insists on. @see OpenID Connect Core §5.5.1.1 */
  readonly acr: AcrRequest | undefined
}

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The claims of one place; `undefined` when they are malformed. */
function readPlace(value: unknown): Members | undefined {
  if (value === undefined) return {}
  if (!isMembers(value)) return undefined
  return Object.values(value).every((one) => one === null || isMembers(one)) ? value : undefined
}

/** The ways that are named; `undefined` for none, `malformed` for what names nothing that could be one. */
function readAcr(acr: unknown): AcrRequest | 'malformed' | undefined {
  if (!isMembers(acr) || !('value' in acr || 'values' in acr)) return undefined
  const values: unknown = 'values' in acr ? acr['values'] : [acr['value']]
  const named = Array.isArray(values) && values.length > 0 && values.length <= 20
  if (!named || !values.every((one) => typeof one === 'string' && one !== '')) return 'malformed'
  return { values, essential: acr['essential'] === true }
}

/** Reads the `claims` parameter; `undefined` when it is malformed or contradicts itself. @see OpenID Connect Core §5.5 */
export function readClaimsRequest(text: string): ClaimsRequest | undefined {
  const parsed = parseJsonObject(text)
  if (parsed.outcome === 'refuse') return undefined
  const [idToken, userinfo] = [readPlace(parsed.value['id_token']), readPlace(parsed.value['userinfo'])]
  if (!idToken || !userinfo) return undefined
  const wanted = [idToken, userinfo].flatMap(({ sub }) =>
    isMembers(sub) && 'value' in sub ? [sub['value']] : [],
  )
  const [subject, other = subject] = wanted
  if (subject !== other || (subject !== undefined && typeof subject !== 'string')) return undefined
  const acr = readAcr(idToken['acr'])
  if (acr === 'malformed') return undefined
  const asked = (place: Members) => askableClaims.filter((name) => Object.hasOwn(place, name))
  return {
    idToken: asked(idToken),
    userinfo: asked(userinfo),
    subject,
    acr,
  }
}
