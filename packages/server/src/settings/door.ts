import type { KeyFormat, Scope, Shape, SignInMethod } from '@sallyport/protocol'
import type { AppsDoor } from './apps-door.ts'

/** How a door's refresh tokens live. Spans in seconds. */
export interface RefreshSettings {
  /** How long one token can wait to be used. */
  readonly idle: number
  /** How long a family can live, however often it is refreshed; left out: no limit. */
  readonly absolute?: number
  /** What happens to the token that was presented. `lazy`: it works until its successor is used; `strict`: only within `grace`; `none`: it stays. */
  readonly rotation: 'strict' | 'lazy' | 'none'
  /** Seconds in which a strict door answers the same successor again, for an answer that was lost. */
  readonly grace: number
  readonly format: 'opaque' | 'jwt'
}

/** At most `limit` in `window` seconds. */
export interface Window {
  readonly limit: number
  readonly window: number
}

/** How a door's access tokens look: JWTs that anybody can read (when left out), or opaque to all but the server. */
export type AccessFormat = 'jwt' | 'opaque'

/** What clients and APIs call the ways of signing in; one without a name is told nobody. @see OpenID Connect Core §2 (`acr`) */
export type AcrNames = Readonly<Partial<Record<SignInMethod, string>>>

/** What every kind of door has. */
export interface DoorBase {
  /** Unique; every credential made here carries it. */
  readonly id: string
  /** The door answers only for these hosts; left out: for any. */
  readonly hosts?: readonly string[]
  /** How it words a refusal. */
  readonly shape: Shape
}

/** Upstream sign-in by any OpenID provider. @see OpenID Connect Discovery 1.0 §4 */
export interface UpstreamSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** People with an e-mail address and a password. */
export interface PeopleDoor extends DoorBase {
  readonly kind: 'people'
  /** Where its endpoints hang, such as `/api/auth`; also the path of its issuer. */
  readonly path: string
  readonly accessLifetime: number
  readonly accessFormat?: AccessFormat
  readonly refresh: RefreshSettings
  readonly minPasswordLength: number
  /** Left out: its tokens don't say how somebody signed in. */
  readonly acrValues?: AcrNames
  /** Wrong passwords for one account from one address before the next attempt is refused. */
  readonly attempts: Window
  /** The plan of a person who signs up. */
  readonly plan: string
  readonly google?: UpstreamSettings
  /** The door whose keys also open `me`. */
  readonly keysDoor?: string
}

/** Browser widgets, let in by Origin. */
export interface WidgetsDoor extends DoorBase {
  readonly kind: 'widgets'
  readonly path: string
  readonly sessionPath: string
  readonly sessionLifetime: number
  /** Session starts of one address, and of one widget. */
  readonly startsByIp: Window
  readonly startsByWidget: Window
  /** Lets any page start a session. For local development; refused with a public https address. */
  readonly insecureSkipOriginChecks: boolean
  /** Uses the Referer's origin when there is no Origin header. */
  readonly insecureRefererFallback: boolean
}

/** Vendors: client id and secret as JSON, plans. */
export interface VendorsDoor extends DoorBase {
  readonly kind: 'vendors'
  readonly path: string
  /** Where administrators register vendors. */
  readonly registerPath: string
  /** Low to high. */
  readonly plans: readonly string[]
  readonly accessLifetime: number
  readonly accessFormat?: AccessFormat
  readonly refresh: RefreshSettings
  readonly attempts: Window
}

/** Servers with an API key. */
export interface KeysDoor extends DoorBase {
  readonly kind: 'keys'
  /** Where people manage their keys. */
  readonly managePath: string
  readonly format: KeyFormat
  readonly scopes: Readonly<Record<string, string>>
  /** The most that somebody of a role may give a key; a role left out may give everything. */
  readonly roles: Readonly<Record<string, Scope>>
  /** New keys may only read unless asked otherwise. */
  readonly readOnlyDefault: boolean
  /** Session tokens minted from a key or a sign-in; left out: none. */
  readonly sessionTokens?: { readonly path: string; readonly lifetime: number; readonly idle: number }
  /** Keys and session tokens that one caller may make. */
  readonly creations: Window
}

/** A mounted door: a kind plus its settings. Plain data. */
export type DoorSettings = PeopleDoor | WidgetsDoor | AppsDoor | VendorsDoor | KeysDoor

/** How often a plan may call. */
export interface LimitTable {
  /** How the reset is told: a Unix time, or seconds left. */
  readonly style: 'unix' | 'seconds'
  /** All windows of the caller's plan apply. */
  readonly plans: Readonly<Record<string, readonly Window[]>>
  /** For a plan not listed. */
  readonly otherwise: readonly Window[]
}
