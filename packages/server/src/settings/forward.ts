import type { AuthenticationRule, McpRule, Rule, Shape } from '@sallyport/protocol'

/** What a proxy may let through: plain data. */
export interface ForwardRoute {
  /** Upper-case; `GET` is `HEAD` as well. Left out: all methods. */
  readonly methods?: readonly string[]
  /** Whole segments: `/v1/domains` is that path, `/v1/*` everything below `/v1`. The first route that fits decides. */
  readonly path: string
  /** How refusals are worded. */
  readonly shape: Shape
  /** The API's own address, such as `https://api.example.com`, for tokens that are bound to a key; left out: the server's. */
  readonly origin?: string
  readonly rule: Rule & {
    readonly limits?: readonly string[]
    readonly resource?: string
    readonly mcp?: McpRule
    readonly authentication?: AuthenticationRule
  }
  /** Also hands the API behind a signed statement of who is calling, good for a minute. */
  readonly token?: true
  /** Lets a browser's CORS preflight through, which never has a credential; the API answers it, told of nobody. */
  readonly preflight?: true
  /**
   * Takes credentials of clients that may not know the id of an account, and tells it to the API behind. For servers whose addresses
   * for proxies are closed to everybody else: what a proxy is told, such a client could ask for. @see OpenID Connect Core §8
   */
  readonly tellsAccounts?: true
}
