import type { Resources } from '@sallyport/protocol'
import type { GrantEndpoint } from '../settings/apps-door.ts'
import type { Client } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import type { Granted, Vouched } from './issue.ts'

/** A token request whose client is already authenticated. */
export interface TokenRequest {
  readonly client: Client
  readonly params: ReadonlyMap<string, string>
  /** Known to the door; empty where the grant reads its targets itself. @see RFC 8707 §2.2 */
  readonly resources: Resources
  /** Every `resource` as it was sent. */
  readonly targets: readonly string[]
}

/** One way of getting a token. Adding a grant type is one file that exports one of these, and one line in `index.ts`. */
export interface Grant {
  readonly grantType: string
  /** Parameters this grant reads; the token endpoint drops all others. */
  readonly params: readonly string[]
  /** Its `resource` may be another server's, so it is not held against what the door knows. */
  readonly readsTargets?: true
  /** The door's endpoint where it begins, if not at the authorization endpoint, and the name of that in discovery. */
  readonly endpoint?: {
    readonly name: GrantEndpoint
    readonly metadata: string
    /** What else discovery says where the grant is switched on. */
    readonly more?: Readonly<Record<string, unknown>>
  }
  exchange(request: TokenRequest, context: GrantContext): Promise<Granted | Vouched>
}
