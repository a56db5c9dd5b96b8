import { type CompactJws, parseCompactJws } from './jws.ts'

/** The one kind of client assertion there is. @see RFC 7523 §2.2 */
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A client's assertion, well-formed and not yet verified. */
export interface ClientAssertion {
  readonly jws: CompactJws
  readonly alg: string
  readonly kid: string | undefined
  /** Who it says it is: `iss` and `sub` alike. */
  readonly clientId: string
  readonly aud: readonly string[]
  /** Whether `aud` is text, and not a list. */
  readonly audIsText: boolean
  readonly exp: number
  readonly jti: string
  readonly notBefore: readonly number[]
}

type Parsed =
  | { readonly outcome: 'assertion'; readonly assertion: ClientAssertion }
  | { readonly outcome: 'refuse'; readonly detail: string }

const maxText = 200
/** How far a client's clock may be off. */
const clockSkew = 60
/** How far ahead an assertion may expire: that long it has to be remembered, and that long a stolen one that never came here is good. */
const maxLifetime = 600

// RFC 7523bis §4 gives assertions a type of their own; what is typed as anything else was signed for something else.
const types = new Set(['jwt', 'client-authentication+jwt', 'application/client-authentication+jwt'])

const refuse = (detail: string) => ({ outcome: 'refuse', detail }) as const
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxText
const isMoment = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER

function readAudience(aud: unknown): readonly string[] | undefined {
  const list: unknown = typeof aud === 'string' ? [aud] : aud
  return Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string')
    ? list
    : undefined
}

/** Reads an assertion with every claim that it needs. @see RFC 7523 §3, OpenID Connect Core §9, RFC 7521 §5.2 */
export function parseClientAssertion(text: string): Parsed {
  const jws = parseCompactJws(text)
  if (!jws) return refuse('no acceptable JWT')
  const { typ, alg, kid } = jws.header
  if (typ !== undefined && !(typeof typ === 'string' && types.has(typ.toLowerCase())))
    return refuse('typ is that of something else')
  if (!isText(alg)) return refuse('alg missing')
  if (kid !== undefined && !isText(kid)) return refuse('kid malformed')
  const { iss, sub, aud, exp, jti, iat, nbf } = jws.payload
  if (!isText(iss) || iss !== sub) return refuse('iss and sub are not one client')
  const audience = readAudience(aud)
  if (!audience) return refuse('aud missing')
  if (!isMoment(exp)) return refuse('exp missing')
  if (!isText(jti)) return refuse('jti missing or too long')
  const notBefore = [iat, nbf].filter((value) => value !== undefined)
  if (!notBefore.every(isMoment)) return refuse('iat or nbf malformed')
  return {
    outcome: 'assertion',
    assertion: {
      jws,
      alg,
      kid,
      clientId: iss,
      aud: audience,
      audIsText: typeof aud === 'string',
      exp,
      jti,
      notBefore,
    },
  }
}

/** What becomes of an assertion. After `until` it is refused by its age, so that is how long its `jti` must be remembered. */
export type AssertionDecision =
  | { readonly outcome: 'ok'; readonly until: number }
  | { readonly outcome: 'refuse'; readonly detail: string }

/**
 * Decides whether an assertion is for this server and in its time. Every value of `aud` must be one of ours: an assertion that is
 * good at another server too could be taken there and used here. Its signature and whether it came before are for the caller.
 * With `asText` the audience may not be a list, not even of one.
 * @see RFC 7523 §3 rules 3 to 6, RFC 7523bis §4, FAPI 2.0 Security Profile §5.3.2.1 items 8 and 13
 */
export function decideClientAssertion(
  { aud, audIsText, exp, notBefore }: ClientAssertion,
  audiences: readonly string[],
  now: number,
  asText = false,
): AssertionDecision {
  if (asText && !audIsText) return refuse('aud is a list')
  if (!aud.every((one) => audiences.includes(one))) return refuse('aud is not this issuer alone')
  if (exp + clockSkew <= now) return refuse('expired')
  if (exp > now + maxLifetime + clockSkew) return refuse('exp is too far ahead')
  if (notBefore.some((moment) => moment > now + clockSkew)) return refuse('iat or nbf is in the future')
  return { outcome: 'ok', until: Math.ceil(exp) + clockSkew }
}
