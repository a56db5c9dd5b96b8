import { parseJsonObject } from './json.ts'

/** Claims that are told only to whom the person allowed it: by a scope, or one by one. @see OpenID Connect Core §5.4, §5.5 */
export const askableClaims: readonly string[] = ['email']

/** What a request asks to be told of a person. Claims that everybody is told with `openid` are left out. */
export interface ClaimsRequest {
  readonly idToken: readonly string[]
  readonly userinfo: readonly string[]
  /** The only person that an answer may be about. @see OpenID Connect Core §5.5.1 */
  readonly subject: string | undefined
  /** Whether it insists on a way of signing in, of which there is none to name. @see OpenID Connect Core §5.5.1.1 */
  readonly insistsOnAcr: boolean
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

function insists(acr: unknown): boolean {
  return isMembers(acr) && acr['essential'] === true && ('value' in acr || 'values' in acr)
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
  const asked = (place: Members) => askableClaims.filter((name) => Object.hasOwn(place, name))
  return {
    idToken: asked(idToken),
    userinfo: asked(userinfo),
    subject,
    insistsOnAcr: insists(idToken['acr']),
  }
}
