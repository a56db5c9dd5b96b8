import type {
  ClientAuthMethod,
  Jwk,
  KeyFormat,
  ResponseMode,
  Scope,
  Shape,
  SignInMethod,
  SubjectType,
} from '@sallyport/protocol'

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

/** Endpoints that a door has only with a grant type that begins there. */
export type GrantEndpoint = 'deviceAuthorization' | 'backchannelAuthentication'

/** A hook that is told of something, signed as Standard Webhooks has it. */
export interface WebhookSettings {
  readonly url: string
  /** Base64 of at least 24 random bytes, with or without `whsec_`. */
  readonly secret: string
}

/** How requests that are decided on another device live. Spans in seconds. */
export interface DeferredSettings {
  readonly lifetime: number
  readonly interval: number
}

/** Another authorization server, which takes this one's word for who its people are. */
export interface VouchedServer {
  /** Its issuer identifier. */
  readonly issuer: string
  /** What those of our clients that may go there are called there, by their id here. */
  readonly clients: Readonly<Record<string, string>>
  /** What may be asked for there; left out: no scope is named. */
  readonly scope?: Scope
  /** The APIs there that may be named. */
  readonly resources?: readonly string[]
}

/** Somebody else whose word is taken for who a client acts for. Its keys are in the settings, or at an address of its own. */
export interface TrustedIssuer {
  /** The `iss` of its assertions. */
  readonly issuer: string
  readonly jwks?: { readonly keys: { readonly kty: string; readonly [member: string]: unknown }[] }
  readonly jwksUri?: string
  /** Plain assertions (RFC 7523), or identity assertion grants, which name the client that they are for. */
  readonly profile: 'assertion' | 'id-jag'
  /**
   * Who the `sub` of its assertions is here: the id of an account; the person who signs in with that issuer under that subject;
   * the person with the `email` that the issuer and this server have both verified; or the client itself.
   */
  readonly subject: 'account' | 'upstream' | 'email' | 'client'
  /** Left out: every subject that there is. */
  readonly subjects?: readonly string[]
  /** Ids of the clients that may present them; left out: every client with the grant. */
  readonly clients?: readonly string[]
  /** The most that they are good for; left out: what the client is registered for. */
  readonly scope?: Scope
}

/** Third-party apps, by OAuth 2. */
export interface AppsDoor extends DoorBase {
  readonly kind: 'apps'
  readonly path: string
  /** Path of the issuer identifier; empty text makes it the server's default issuer. */
  readonly issuerPath: string
  readonly pkce: 'required' | 'confidential-may-omit'
  /** Every scope with its description in words, as consent shows it. */
  readonly scopes: Readonly<Record<string, string>>
  /** Whether people choose the team that a token is for, or it is always their own. */
  readonly teams: 'choose' | 'home'
  /** The most that a role may grant; a role left out may grant everything. */
  readonly roles: Readonly<Record<string, Scope>>
  readonly codeLifetime: number
  /**
   * How its clients may prove themselves: a secret by HTTP Basic or in the body, or nothing for public clients, when left out. A
   * client that is registered for one method can use no other. @see RFC 8414 §2
   */
  readonly clientAuth?: readonly ClientAuthMethod[]
  /**
   * What the audience of a client's assertion may be: this issuer alone (when left out), or also the address of the token
   * endpoint or of the one that is asked, for clients that can't be told otherwise. @see RFC 7523bis §4
   */
  readonly insecureEndpointAudience?: boolean
  /** Whether introspection is answered as a signed JWT to who asks for that; it is not when left out. @see RFC 9701 */
  readonly signedIntrospection?: boolean
  /**
   * Whether clients know people by the same `sub`, or each sector by another, as they register; the first is for who says nothing.
   * `public` alone when left out. @see OpenID Connect Core §8
   */
  readonly subjectTypes?: readonly SubjectType[]
  /**
   * Names for the ways of signing in: clients can ask for one, and tokens say which it was. Left out: nobody asks, nobody is told.
   * @see OpenID Connect Core §3.1.2.1, RFC 9470 §5
   */
  readonly acrValues?: AcrNames
  /** Whether pages of its public clients may ask it from the browser; not when left out. @see Fetch Standard §3.2 */
  readonly browserClients?: boolean
  /** Whether clients may register for tokens that are bound to their certificate; they may not when left out. @see RFC 8705 §3 */
  readonly certificateBoundTokens?: boolean
  /**
   * Tokens bound to a key of the client's: not at all (when left out; a `DPoP` header is then ignored), for clients that send a
   * proof, or for everybody. @see RFC 9449
   */
  readonly dpop?: 'off' | 'optional' | 'required'
  /** Whether proofs need a nonce of the server's; they do when left out. @see RFC 9449 §8 */
  readonly dpopNonce?: boolean
  /** Whether clients may or must push their authorization requests; not at all when left out. @see RFC 9126 */
  readonly pushedRequests?: 'off' | 'optional' | 'required'
  /** Whether clients may or must sign their authorization requests; not at all when left out. @see RFC 9101 */
  readonly requestObjects?: 'off' | 'optional' | 'required'
  /** Types of authorization details that clients may ask with; each is made by a platform. None when left out. @see RFC 9396 */
  readonly authorizationDetails?: readonly string[]
  /** Whether clients may ask for single claims of a person; not when left out. @see OpenID Connect Core §5.5 */
  readonly claimsParameter?: boolean
  /**
   * APIs that a token can be for, by identifier, with the words that people are shown: absolute, or a path of this server. Left
   * out: tokens are for all of them. @see RFC 8707
   */
  readonly resources?: Readonly<Record<string, string>>
  /** How its authorization responses may travel; by query alone when left out. */
  readonly responseModes?: readonly ResponseMode[]
  readonly accessLifetime: number
  readonly accessFormat?: AccessFormat
  readonly refresh: RefreshSettings
  /** The ways to get a token that are switched on here; a client may use those of them that it is registered for. */
  readonly grantTypes: readonly string[]
  /** How long a decision on another device can take, and the seconds between the client's questions; 600 and 5 when left out. */
  readonly deferred?: DeferredSettings
  /** Told of each backchannel request, so that the person hears of it; left out: they find it on their account page. */
  readonly backchannelHook?: WebhookSettings
  /** Whose assertions buy tokens here, with the grant type for that. @see RFC 7523 §2.1 */
  readonly trusts?: readonly TrustedIssuer[]
  /** Where clients may go with this door's word for who signed in, by token exchange. @see draft-ietf-oauth-identity-assertion-authz-grant */
  readonly vouchesFor?: readonly VouchedServer[]
  /** Last path segments. */
  readonly endpoints: {
    readonly authorize: string
    readonly token: string
    readonly revoke: string
    readonly introspect: string
    readonly userinfo: string
    /** `par` when left out. */
    readonly push?: string
  } & Readonly<Partial<Record<GrantEndpoint, string>>>
  /** Requests of one address to the credential endpoints. */
  readonly credentialLimit: Window
  /**
   * Lets MCP clients come by themselves: `registration: 'open'` and `clientDocuments: {}`, where those are left out.
   * @see Model Context Protocol 2026-07-28, Client Registration
   */
  readonly mcp?: true
  /**
   * Whether software may register itself: not (when left out), whoever comes, or whoever has a token of an administrator's.
   * @see RFC 7591 §3
   */
  readonly registration?: 'off' | 'open' | 'token'
  /**
   * Takes clients whose id is the address of a document that describes them: of these hosts, or of any host. Not when left out.
   * @see draft-ietf-oauth-client-id-metadata-document-02
   */
  readonly clientDocuments?: { readonly hosts?: readonly string[] }
  /** Registrations of one address; 30 an hour when left out. */
  readonly registrationLimit?: Window
  /** Who may vouch for software: issuers with their public keys. What they say of it wins over what it says. @see RFC 7591 §2.3 */
  readonly softwareStatements?: {
    /** Refuses software that nobody vouches for. */
    readonly required?: true
    readonly issuers: Readonly<Record<string, readonly Jwk[]>>
  }
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
