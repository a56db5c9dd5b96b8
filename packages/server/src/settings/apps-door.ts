import type {
  ClientAuthMethod,
  ForeignAlgorithm,
  Jwk,
  ResponseMode,
  Scope,
  SubjectType,
} from '@sallyport/protocol'
import type { AccessFormat, AcrNames, DoorBase, RefreshSettings, Window } from './door.ts'

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

/** How apps are told that a person has signed out. @see OpenID RP-Initiated Logout, Back-Channel Logout, Front-Channel Logout */
export interface LogoutSettings {
  /**
   * Whether pages of apps can watch, in a frame, whether somebody is still signed in; not when left out, since browsers that keep
   * cookies from frames of other sites take it for a change. @see OpenID Session Management
   */
  readonly sessionManagement?: boolean
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
  /** Whether the audience of an assertion has to be text, not a list of one; it may be a list when left out. */
  readonly audienceAsText?: boolean
  /** What others may sign with here: clients, and whoever vouches for them; all that the server knows when left out. */
  readonly signatureAlgorithms?: readonly ForeignAlgorithm[]
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
  /** Whether nobody gets a token that is bound neither to a key nor to a certificate. @see RFC 9700 §2.2.1 */
  readonly requireBoundTokens?: boolean
  /** Whether a proof from the future is refused although its nonce is good; its nonce has to do when left out. */
  readonly strictClock?: boolean
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
  /**
   * Whether every request has to name its redirect address, plain http leads to a loopback IP alone, and responses are redirects
   * by 303. @see FAPI 2.0 Security Profile §5.3.2.2 items 6, 8 and 11
   */
  readonly strictRedirects?: boolean
  /** How its authorization responses may travel; by query alone when left out. */
  readonly responseModes?: readonly ResponseMode[]
  /** Lets apps sign people out here, and hear of it when they have; not when left out. Needs the scope `openid`. */
  readonly logout?: LogoutSettings
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
    /** `logout` when left out. */
    readonly endSession?: string
    /** `check_session` when left out. */
    readonly checkSession?: string
  } & Readonly<Partial<Record<GrantEndpoint, string>>>
  /** Requests of one address to the credential endpoints. */
  readonly credentialLimit: Window
  /**
   * Lets MCP clients come by themselves: `registration: 'open'` and `clientDocuments: {}`, where those are left out.
   * @see Model Context Protocol 2026-07-28, Client Registration
   */
  readonly mcp?: true
  /**
   * Keeps to the FAPI 2.0 Security Profile: sets what it demands, where that is left out, and refuses to start with anything that
   * contradicts it. @see settings/fapi.ts
   */
  readonly fapi?: true
  /**
   * Whether software may register itself: not (when left out), whoever comes, or whoever has a token of an administrator's.
   * @see RFC 7591 §3
   */
  readonly registration?: 'off' | 'open' | 'token'
  /**
   * Takes clients whose id is the address of a document that describes them: of these hosts, or of any host. Not when left out.
   * A host is as in an address: `apps.example`, or `apps.example:8443` for another port than 443.
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
