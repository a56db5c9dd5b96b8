import type { ClientAuthMethod, ClientCredentials, ForeignAlgorithm } from '@sallyport/protocol'
import type { Sealer } from '../crypto/seal.ts'
import type { ClientWithSecrets, Store } from '../store/contract/index.ts'
import type { ClientKeys } from './client-keys.ts'

/** The certificate that a request came with. */
export interface PresentedCertificate {
  readonly der: Uint8Array
  readonly thumbprint: string
  /** Whether somebody has checked who vouches for it. */
  readonly verified: boolean
}

/** What proving a client may use, for one request at one door. */
export interface AuthContext {
  readonly store: Store
  readonly now: number
  readonly sealer: Sealer
  readonly keys: ClientKeys
  readonly door: {
    readonly id: string
    /** The methods that it takes. */
    readonly methods: readonly ClientAuthMethod[]
    /** What the audience of an assertion may be. */
    readonly audiences: readonly string[]
    /** Whether that has to be text. */
    readonly audienceAsText?: boolean | undefined
    /** What may be signed with; all when left out. */
    readonly algorithms?: readonly ForeignAlgorithm[] | undefined
  }
  readonly certificate: PresentedCertificate | undefined
  /** Notes that a secret was accepted. Writes nothing before it returns. */
  secretUsed(secretId: string): void
}

/** What became of one client's proof; `detail` is for the log. */
export type AuthVerdict =
  | { readonly outcome: 'proven'; readonly secretId?: string }
  | { readonly outcome: 'refuse'; readonly detail: string }

/** One way for a client to prove itself. Adding one is one of these, and one line in `auth-methods.ts`: discovery reads that list. */
export interface AuthMethod {
  readonly name: ClientAuthMethod
  /** How the credentials have to come. */
  readonly by: ClientCredentials['method']
  /** What may be signed with, where something is signed. */
  readonly algorithms: readonly string[]
  prove(
    client: ClientWithSecrets,
    credentials: ClientCredentials,
    context: AuthContext,
  ): AuthVerdict | Promise<AuthVerdict>
}
