/** Tokens as this package holds them. Times are whole seconds since the epoch, by the clock of this machine. */
export interface TokenSet {
  readonly access: string
  /** Counted from before the request was sent, so that it errs on the early side; absent: the server did not say. */
  readonly expiresAt?: number
  /** Seconds that the access token lives from its issue. */
  readonly lifetime?: number
  /** Seconds that the access token may lie unused, where the door has such a limit. */
  readonly idle?: number
  readonly refresh?: string
  /** Space-separated, as on the wire. */
  readonly scope?: string
}

/** What to do about an access token that is to be used now. */
export type UseDecision = 'use' | 'use-and-renew' | 'renew'

/** How long before its end a token is renewed in the background: a minute, less for one that lives for less than ten. */
const lead = 60
/** What a request may need to arrive: a token closer to its end than this is not handed out. */
const margin = 5

/**
 * Decides whether an access token is fit for use.
 *
 * Between `lead` and `margin` it is used and renewed at the same time, so that nobody waits for a refresh and a server
 * that is away for a moment is not noticed.
 */
export function decideUse(tokens: TokenSet, now: number, usedAt?: number): UseDecision {
  const { expiresAt, lifetime = Number.POSITIVE_INFINITY, idle } = tokens
  if (expiresAt === undefined) return 'use'
  // Used by another process since, perhaps; but only what is known counts.
  const lastUse = usedAt ?? expiresAt - lifetime
  if (idle !== undefined && now >= lastUse + idle - Math.min(margin, idle / 2)) return 'renew'
  const left = expiresAt - now
  if (left <= Math.min(margin, lifetime / 20)) return 'renew'
  return left <= Math.min(lead, lifetime / 10) ? 'use-and-renew' : 'use'
}

// What can stand in an Authorization header as it is: anything else could end the header and begin another.
const tokenShape = /^[\x21-\x7e]{1,16384}$/
const scopeShape = /^[\x21\x23-\x5b\x5d-\x7e ]{0,8192}$/

function isSpan(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** The names that a door gives to the members of its answers. */
export interface MemberNames {
  readonly access: string
  readonly idle?: string
}

/** The tokens of an answer; `undefined` when it has none that could be used. @see RFC 6749 §5.1 */
export function readTokenAnswer(
  body: Readonly<Record<string, unknown>>,
  sentAt: number,
  names: MemberNames = { access: 'access_token' },
): TokenSet | undefined {
  const { token_type: type, expires_in: lifetime, refresh_token: refresh, scope } = body
  const access = body[names.access]
  const idle = names.idle === undefined ? undefined : body[names.idle]
  if (typeof access !== 'string' || !tokenShape.test(access)) return undefined
  // RFC 6749 §7.1: a client MUST NOT use an access token whose type it does not understand.
  if (type !== undefined && String(type).toLowerCase() !== 'bearer') return undefined
  if (lifetime !== undefined && !isSpan(lifetime)) return undefined
  if (refresh !== undefined && !(typeof refresh === 'string' && tokenShape.test(refresh))) return undefined
  return {
    access,
    ...(lifetime !== undefined && { lifetime, expiresAt: Math.floor(sentAt + lifetime) }),
    ...(isSpan(idle) && { idle }),
    ...(refresh !== undefined && { refresh }),
    ...(typeof scope === 'string' && scopeShape.test(scope) && { scope }),
  }
}

/** What is stored: the tokens, and whose they are, so that a changed configuration never sends them elsewhere. */
export function formatStored(owner: string, tokens: TokenSet): string {
  return JSON.stringify({ v: 1, owner, tokens })
}

function isTokenSet(value: unknown): value is TokenSet {
  if (typeof value !== 'object' || value === null) return false
  const { access, expiresAt, lifetime, idle, refresh, scope } = value as Readonly<Record<string, unknown>>
  const isToken = (one: unknown) => typeof one === 'string' && tokenShape.test(one)
  return (
    isToken(access) &&
    [expiresAt, lifetime, idle].every((one) => one === undefined || isSpan(one)) &&
    (refresh === undefined || isToken(refresh)) &&
    (scope === undefined || typeof scope === 'string')
  )
}

/** The tokens of a stored text; `undefined` when it is no text of ours or belongs to another owner. */
export function parseStored(owner: string, text: string | undefined): TokenSet | undefined {
  if (text === undefined) return undefined
  try {
    const stored = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    const { v, owner: found, tokens } = stored ?? {}
    return v === 1 && found === owner && isTokenSet(tokens) ? tokens : undefined
  } catch {
    // Not JSON: written by something else, or cut. There are no tokens in it.
    return undefined
  }
}
