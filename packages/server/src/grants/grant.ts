import type { Resources } from '@sallyport/protocol'
import type { Client } from '../store/contract/index.ts'
import type { GrantContext } from './context.ts'
import type { Granted } from './issue.ts'

/** A token request whose client is already authenticated. */
export interface TokenRequest {
  readonly client: Client
  readonly params: ReadonlyMap<string, string>
  /** Known to the door. @see RFC 8707 §2.2 */
  readonly resources: Resources
}

/** One way of getting a token. Adding a grant type is one file that exports one of these, and one line in `index.ts`. */
export interface Grant {
  readonly grantType: string
  /** Parameters this grant reads; the token endpoint drops all others. */
  readonly params: readonly string[]
  exchange(request: TokenRequest, context: GrantContext): Promise<Granted>
}
