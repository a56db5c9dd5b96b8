import { createHash } from 'node:crypto'
import { type CompactJws, parseCompactJws } from './jws.ts'
import { type ForeignAlgorithm, readPublicJwk, signatureAlgorithms } from './jwk.ts'
import { normaliseTarget } from './target.ts'

/** What a proof may be signed with; never a shared secret. @see RFC 9449 §4.3 check 5, RFC 9864 §2.2 */
export const dpopAlgorithms = signatureAlgorithms

/** One of them. */
export type DpopAlgorithm = ForeignAlgorithm

/** A DPoP proof, well-formed and not yet verified. @see RFC 9449 §4.2 */
export interface DpopProof {
  readonly jws: CompactJws
  readonly alg: DpopAlgorithm
  /** The public members of the key and no others. */
  readonly jwk: Readonly<Record<string, string>>
  /** The key's thumbprint. @see RFC 7638 §3 */
  readonly jkt: string
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly nbf: number | undefined
  readonly ath: string | undefined
  readonly nonce: string | undefined
}

/** A nonce that was given out, and how long it is taken. */
export interface DpopNonce {
  readonly value: string
  readonly until: number
}

/** What a proof has to be for. */
export interface DpopExpectation {
  readonly method: string
  /** The address of the request as its client knows it. */
  readonly url: string
  /** The access token that came with it; left out at the token endpoint. */
  readonly accessToken?: string
  /** The nonces that are good now; left out where none is asked for. */
  readonly nonces?: readonly DpopNonce[] | undefined
  /** What may be signed with, where that is less than all. */
  readonly algorithms?: readonly DpopAlgorithm[] | undefined
  /** Whether a proof from the future is refused although its nonce is good. @see FAPI 2.0 Security Profile §5.3.2.1 item 13 */
  readonly clockCounts?: boolean
}

/** What becomes of a proof. After `until` it is refused by its age, so that is how long it must be remembered. */
export type DpopDecision =
  | { readonly outcome: 'ok'; readonly until: number }
  | { readonly outcome: 'refuse'; readonly detail: string }
  | { readonly outcome: 'use-nonce'; readonly detail: string }

/** How old a proof may be, and how far ahead of us its client's clock. @see RFC 9449 §11.1 */
const proofLifetime = 60
const clockSkew = 60
const maxText = 200

const thumbprintShape = /^[A-Za-z0-9_-]{43}$/

/** Whether a text can be a SHA-256 thumbprint of a key. @see RFC 7638 §3, RFC 9449 §10 */
export function isThumbprint(text: string): boolean {
  return thumbprintShape.test(text)
}

/**
 * The key that a claim `cnf` binds a token to; `unknown` for a binding by any other means, which nobody here could check.
 * @see RFC 7800 §3.1, RFC 9449 §6.1
 */
export function parseKeyBinding(cnf: unknown): string | 'unknown' | undefined {
  if (cnf === undefined) return undefined
  const members = typeof cnf === 'object' && cnf !== null ? Object.entries(cnf) : []
  const [only, ...others] = members
  if (only?.[0] !== 'jkt' || others.length > 0) return 'unknown'
  return typeof only[1] === 'string' && isThumbprint(only[1]) ? only[1] : 'unknown'
}

/** What a token is bound to: a key, a certificate, or both. */
export interface TokenBinding {
  readonly jkt: string | undefined
  readonly x5t: string | undefined
}

/** The same with certificates, where those can be checked. @see RFC 8705 §3.1 */
export function parseTokenBinding(cnf: unknown): TokenBinding | 'unknown' {
  if (cnf === undefined) return { jkt: undefined, x5t: undefined }
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return 'unknown'
  const { 'x5t#S256': x5t, ...rest }: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(cnf),
  )
  const jkt = Object.keys(rest).length === 0 && x5t !== undefined ? undefined : parseKeyBinding(rest)
  if (jkt === 'unknown') return 'unknown'
  if (x5t !== undefined && !(typeof x5t === 'string' && isThumbprint(x5t))) return 'unknown'
  return { jkt, x5t }
}

function refuse(detail: string): { readonly outcome: 'refuse'; readonly detail: string } {
  return { outcome: 'refuse', detail }
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxText
const isMoment = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)
const isOptionalText = (value: unknown): value is string | undefined => value === undefined || isText(value)

type Parsed =
  | { readonly outcome: 'proof'; readonly proof: DpopProof }
  | { readonly outcome: 'refuse'; readonly detail: string }

/**
 * Reads the values of a request's `DPoP` header: one proof, with every claim and nothing private in it. The key that it brings
 * is taken from its header on purpose: it proves only that whoever has that key made this request.
 * @see RFC 9449 §4.2, §4.3 checks 1 to 5 and 7
 */
export function parseDpopProof(values: readonly string[]): Parsed {
  const [value] = values
  if (value === undefined) return refuse('no DPoP header')
  if (values.length > 1) return refuse('DPoP header repeated')
  const jws = parseCompactJws(value)
  if (!jws) return refuse('no acceptable JWT')
  const { header, payload } = jws
  if (header['typ'] !== 'dpop+jwt') return refuse('typ is not dpop+jwt')
  const alg = dpopAlgorithms.find((one) => one === header['alg'])
  if (!alg) return refuse('alg is not one of ours')
  const jwk = readPublicJwk(header['jwk'], alg)
  if (!jwk) return refuse('jwk is not a public key for alg')
  const { jti, htm, htu, iat, nbf, ath, nonce } = payload
  if (!isText(jti)) return refuse('jti missing or too long')
  if (!isText(htm)) return refuse('htm missing')
  if (typeof htu !== 'string') return refuse('htu missing')
  if (!isMoment(iat)) return refuse('iat missing')
  if (nbf !== undefined && !isMoment(nbf)) return refuse('nbf malformed')
  if (!isOptionalText(ath) || !isOptionalText(nonce)) return refuse('ath or nonce malformed')
  const jkt = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url')
  return { outcome: 'proof', proof: { jws, alg, jwk, jkt, jti, htm, htu, iat, nbf, ath, nonce } }
}

/** Until when a proof counts as fresh: by its nonce where one was asked for, else by its own clock. */
function freshness(
  { iat, nbf = 0, nonce }: DpopProof,
  { nonces, clockCounts }: DpopExpectation,
  now: number,
): DpopDecision {
  // RFC 7519 §4.1.5: whoever says from when a proof is good has to be heard.
  if (nbf > now + clockSkew) return refuse('nbf is in the future')
  if ((!nonces || clockCounts) && iat > now + clockSkew) return refuse('iat is in the future')
  if (!nonces) {
    if (iat + proofLifetime < now) return refuse('iat is too long ago')
    return { outcome: 'ok', until: iat + proofLifetime }
  }
  if (nonce === undefined) return { outcome: 'use-nonce', detail: 'no nonce' }
  // Check 11: the nonce says when the proof was made, whatever the client's clock does.
  const given = nonces.find(({ value, until }) => value === nonce && until >= now)
  return given
    ? { outcome: 'ok', until: given.until }
    : { outcome: 'use-nonce', detail: 'nonce is not ours or too old' }
}

/**
 * Decides whether a proof is for this very request. Its signature, the key that the token is bound to and whether it came
 * before are for the caller to check.
 * @see RFC 9449 §4.3 checks 8 to 12
 */
export function decideDpop(proof: DpopProof, expected: DpopExpectation, now: number): DpopDecision {
  if (expected.algorithms?.includes(proof.alg) === false) return refuse('alg is not one that is taken here')
  if (proof.htm !== expected.method) return refuse('htm is not the method')
  const [told, asked] = [normaliseTarget(proof.htu), normaliseTarget(expected.url)]
  if (told === undefined || told !== asked) return refuse(`htu is not ${asked ?? 'an address'}`)
  const { accessToken } = expected
  if (accessToken !== undefined) {
    const hash = createHash('sha256').update(accessToken).digest('base64url')
    if (proof.ath !== hash) return refuse('ath is not the hash of the token')
  }
  return freshness(proof, expected, now)
}
