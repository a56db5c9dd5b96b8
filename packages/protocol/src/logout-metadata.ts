import { parseDocumentUrl } from './document-url.ts'
import { checkRedirectUri } from './redirect-uri.ts'

/** How a client takes part in logout, as registered. @see OpenID RP-Initiated Logout §3.1, Back-Channel Logout §2.2, Front-Channel Logout §2 */
export interface ClientLogout {
  /** `post_logout_redirect_uris`: where a browser may be sent after a logout that the client asked for. */
  readonly postLogoutRedirectUris: readonly string[]
  /** `backchannel_logout_uri`: where logout tokens are sent. */
  readonly backchannelUri: string | undefined
  /** `backchannel_logout_session_required`; a `sid` is always sent. */
  readonly backchannelSessionRequired: boolean
  /** `frontchannel_logout_uri`: what is framed when a session ends. */
  readonly frontchannelUri: string | undefined
  /** `frontchannel_logout_session_required`; `iss` and `sid` are always sent. */
  readonly frontchannelSessionRequired: boolean
}

/** What was read, or which member is wrong and why. `logout` is `undefined` when the metadata says nothing about it. */
export type LogoutMetadata =
  | { readonly outcome: 'ok'; readonly logout: ClientLogout | undefined }
  | { readonly outcome: 'refuse'; readonly member: string; readonly reason: string }

type Members = Readonly<Record<string, unknown>>

/** The members of client metadata that say how a client takes part in logout. */
export const logoutMembers = [
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
] as const
type Member = (typeof logoutMembers)[number]

/** Unwinds the reading of one record; never leaves this file. */
class Refused extends Error {
  readonly member: Member
  constructor(member: Member, reason: string) {
    super(reason)
    this.member = member
  }
}

const maxUris = 10
const framable = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i

function readUris(members: Members): readonly string[] {
  const member = 'post_logout_redirect_uris'
  const value = members[member] ?? []
  const fits = Array.isArray(value) && value.length <= maxUris
  if (!fits || !value.every((one) => typeof one === 'string'))
    throw new Refused(member, `must be a list of at most ${maxUris} texts`)
  const uris = [...new Set<string>(value)]
  for (const uri of uris) {
    const reason = checkRedirectUri(uri)
    if (reason !== undefined) throw new Refused(member, `${uri.slice(0, 200)}: ${reason}`)
  }
  return uris
}

/** Back-Channel Logout §2.2. It may carry a query; http is for nobody here, since the token says who signed out. */
function readBackchannel(members: Members): string | undefined {
  const member = 'backchannel_logout_uri'
  const value = members[member]
  if (value === undefined) return undefined
  const url = typeof value === 'string' ? parseDocumentUrl(value) : 'not text'
  if (typeof url === 'string') throw new Refused(member, url)
  return url.href
}

/** Front-Channel Logout §2: scheme, host and port are those of a registered redirect address. */
function readFrontchannel(members: Members, redirectUris: readonly string[]): string | undefined {
  const member = 'frontchannel_logout_uri'
  const value = members[member]
  if (value === undefined) return undefined
  const reason = typeof value === 'string' ? checkRedirectUri(value) : 'must be text'
  if (typeof value !== 'string' || reason !== undefined) throw new Refused(member, reason ?? '')
  const { protocol, origin, hostname, port } = new URL(value)
  if (!/^https?:$/.test(protocol)) throw new Refused(member, 'must be an https address')
  // A policy for frames has no way to write another host, and the page must not let in more than this one.
  if (!framable.test(hostname)) throw new Refused(member, 'must have a plain name or an IPv4 address as host')
  // Neither a page at such a port nor a policy that names it is to be had: the page that frames it could not be sent.
  if (port === '0') throw new Refused(member, 'must have a port that can be reached')
  const origins = redirectUris.filter((uri) => URL.canParse(uri)).map((uri) => new URL(uri).origin)
  if (!origins.includes(origin))
    throw new Refused(member, 'must have scheme, host and port of one of redirect_uris')
  return value
}

function readFlag(members: Members, member: Member): boolean {
  const value = members[member] ?? false
  if (typeof value === 'boolean') return value
  throw new Refused(member, 'must be true or false')
}

/**
 * Reads from client metadata how a client takes part in logout.
 * @see OpenID RP-Initiated Logout §3.1, Back-Channel Logout §2.2, Front-Channel Logout §2
 */
export function readLogoutMetadata(members: Members, redirectUris: readonly string[]): LogoutMetadata {
  if (logoutMembers.every((name) => members[name] === undefined)) return { outcome: 'ok', logout: undefined }
  try {
    const logout = {
      postLogoutRedirectUris: readUris(members),
      backchannelUri: readBackchannel(members),
      backchannelSessionRequired: readFlag(members, 'backchannel_logout_session_required'),
      frontchannelUri: readFrontchannel(members, redirectUris),
      frontchannelSessionRequired: readFlag(members, 'frontchannel_logout_session_required'),
    }
    return { outcome: 'ok', logout }
  } catch (refused) {
    // The readers unwind with Refused; anything else is a bug and goes on.
    if (!(refused instanceof Refused)) throw refused
    return { outcome: 'refuse', member: refused.member, reason: refused.message }
  }
}

/** What was registered, in the words of client metadata; what was not is left out. */
export function logoutMetadata(logout: ClientLogout): Members {
  const { postLogoutRedirectUris, backchannelUri, frontchannelUri } = logout
  return {
    ...(postLogoutRedirectUris.length > 0 && { post_logout_redirect_uris: postLogoutRedirectUris }),
    ...(backchannelUri !== undefined && { backchannel_logout_uri: backchannelUri }),
    ...(logout.backchannelSessionRequired && { backchannel_logout_session_required: true }),
    ...(frontchannelUri !== undefined && { frontchannel_logout_uri: frontchannelUri }),
    ...(logout.frontchannelSessionRequired && { frontchannel_logout_session_required: true }),
  }
}
