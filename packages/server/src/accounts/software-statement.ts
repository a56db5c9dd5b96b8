import { ProtocolError, signatureAlgorithms } from '@sallyport/protocol'
import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose'
import type { AppsDoor } from '../settings/apps-door.ts'

type Members = Readonly<Record<string, unknown>>

const maxLength = 8192
/** Claims about the statement itself, which say nothing of the software. @see RFC 7519 §4.1 */
const ofStatement = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'software_statement'])
/** How far ahead the clock of whoever vouches may be. */
const clockTolerance = 60

const unapproved = (detail: string) =>
  new ProtocolError('unapproved_software_statement', 'nobody who is trusted here vouches for this software', {
    detail,
  })
const invalid = (cause: unknown) =>
  new ProtocolError('invalid_software_statement', 'software_statement is not valid', {
    cause,
    detail: cause instanceof Error ? cause.message : 'unreadable',
  })

function issuerOf(statement: string): string {
  try {
    // Whatever it claims to be: what is no text names nobody.
    const { iss }: Members = decodeJwt(statement)
    return typeof iss === 'string' ? iss : ''
  } catch (cause) {
    // Not a JWT at all.
    throw invalid(cause)
  }
}

/** RFC 8725 §3.11: what its issuer signed for another purpose vouches for no software. */
const isTyped = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ))

/** RFC 7519 §4.1.3: with an audience it is for that audience, such as the app that an ID token is for. */
const isFor = (aud: unknown, issuer: string): boolean =>
  aud === undefined || aud === issuer || (Array.isArray(aud) && aud.includes(issuer))

/**
 * What a registration says once those who vouch for the software have been heard: their claims stand where the software said
 * something else. A door without the setting passes statements over, as any member that it does not know.
 * @see RFC 7591 §2.3, §3.1.1
 */
export async function heedStatement(
  members: Members,
  {
    softwareStatements: setting,
    signatureAlgorithms: algorithms = signatureAlgorithms,
  }: Pick<AppsDoor, 'softwareStatements' | 'signatureAlgorithms'>,
  { issuer: here, now }: { readonly issuer: string; readonly now: number },
): Promise<Members> {
  if (!setting) return members
  const statement = members['software_statement'] ?? undefined
  if (statement === undefined) {
    if (setting.required) throw unapproved('none was sent')
    return members
  }
  if (typeof statement !== 'string' || statement.length > maxLength) throw invalid('not text, or too long')
  const issuer = issuerOf(statement)
  const keys = Object.hasOwn(setting.issuers, issuer) ? setting.issuers[issuer] : undefined
  if (!keys) throw unapproved('its issuer is not trusted')
  try {
    const set = createLocalJWKSet({ keys: keys.map((key) => ({ ...key, kty: String(key['kty']) })) })
    const { payload, protectedHeader } = await jwtVerify(statement, set, {
      issuer,
      algorithms: [...algorithms],
      clockTolerance,
      currentDate: new Date(now * 1000),
    })
    if (!isTyped(protectedHeader.typ) || !isFor(payload.aud, here)) throw invalid('for something else')
    // The library is as patient with the end as with the beginning, and looks at `iat` not at all.
    if ((payload.exp ?? now + 1) <= now) throw invalid('expired')
    if ((payload.iat ?? 0) > now + clockTolerance) throw invalid('iat is in the future')
    const claims = Object.entries(payload).filter(([name]) => !ofStatement.has(name))
    return { ...members, ...Object.fromEntries(claims) }
  } catch (cause) {
    // The library tells a bad signature, a passed moment and a missing key by its own errors; all others are bugs.
    if (cause instanceof errors.JOSEError) throw invalid(cause)
    throw cause
  }
}
