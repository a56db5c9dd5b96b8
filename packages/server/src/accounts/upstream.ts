import { newSecret, secretHash } from '../crypto/secret.ts'
import type { UpstreamSettings } from '../settings/door.ts'
import type { Account } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'
import { signUp } from './sign-up.ts'

/** What an upstream provider vouches for. */
export interface UpstreamPerson {
  readonly issuer: string
  readonly subject: string
  readonly email: string
  readonly emailVerified: boolean
}

/** An OpenID provider elsewhere that people sign in with. */
export interface Upstream {
  /** Where to send the browser. */
  authorizationUrl(ask: {
    readonly redirectUri: string
    readonly state: string
    readonly nonce: string
    readonly codeVerifier: string
  }): Promise<URL>
  /** Redeems the answer at `callback`; throws when anything about it is not right. @see OpenID Connect Core §3.1.3.7 */
  redeem(
    callback: URL,
    expected: { readonly state: string; readonly nonce: string; readonly codeVerifier: string },
  ): Promise<UpstreamPerson>
}

/** Opens an upstream; discovery happens at first use and again after a failure. */
export function openUpstream(settings: UpstreamSettings): Upstream {
  const { issuer, clientId, clientSecret } = settings
  async function discover() {
    const client = await import('openid-client')
    const server = new URL(issuer)
    const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(server.hostname)
    const options = loopback && server.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}
    const config = await client.discovery(server, clientId, clientSecret, undefined, options)
    // By itself the library trusts TLS for an ID token that came from the token endpoint; we want its signature as well.
    client.enableNonRepudiationChecks(config)
    return { client, config }
  }
  let discovered: ReturnType<typeof discover> | undefined
  function open(): ReturnType<typeof discover> {
    discovered ??= discover().catch((error: unknown) => {
      // Forgotten, so that the next sign-in tries again.
      discovered = undefined
      throw error
    })
    return discovered
  }

  return {
    async authorizationUrl({ redirectUri, state, nonce, codeVerifier }) {
      const { client, config } = await open()
      return client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })
    },
    async redeem(callback, { state, nonce, codeVerifier }) {
      const { client, config } = await open()
      const tokens = await client.authorizationCodeGrant(config, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      const email = claims?.email
      if (!claims || typeof email !== 'string') throw new Error('the provider sent no e-mail address')
      return { issuer: claims.iss, subject: claims.sub, email, emailVerified: claims.email_verified === true }
    },
  }
}

/** The random values of one upstream sign-in. */
export function newUpstreamAttempt(): {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly browser: string
} {
  return { state: newSecret(), nonce: newSecret(), codeVerifier: newSecret(), browser: newSecret() }
}

/** The stored form of a state or browser secret. */
export const attemptHash = secretHash

/**
 * The account of somebody whom an upstream vouches for, created if there is none. `undefined` when the address is not
 * verified there, or the account is disabled.
 *
 * An account that somebody made with this address and a password, without ever proving the address, may be an attacker's:
 * its password, its sign-ins, its API keys and its consents go before it is linked (pre-hijacking).
 */
export async function accountOfUpstream(
  person: UpstreamPerson,
  plan: string,
  context: AccountContext,
): Promise<Account | undefined> {
  const { store, now, event } = context
  const known = await store.accounts.findByUpstream(person.issuer, person.subject)
  if (known) return known.disabledAt === undefined ? known : undefined
  if (!person.emailVerified) return undefined

  const made = await signUp(
    { email: person.email, password: undefined, plan, minPasswordLength: 0, emailVerified: true },
    context,
  )
  const account =
    made.outcome === 'created'
      ? made.account
      : await store.accounts.findByEmail(person.email.trim().toLowerCase())
  if (!account || account.disabledAt !== undefined) return undefined
  const { accountId } = account
  if (account.emailVerifiedAt === undefined) {
    const dropped = event('account.unverified-password-dropped', { accountId, targetId: accountId })
    const change = {
      accountId,
      expected: account.passwordHash,
      passwordHash: undefined,
      endGrants: true,
    }
    // Lost to a change at this very moment: nothing is known about that password either, so nobody is signed in.
    if (!(await store.accounts.setPassword(change, dropped, now))) return undefined
  }
  await store.accounts.linkUpstream(
    { issuer: person.issuer, subject: person.subject, accountId },
    event('account.linked', { accountId, targetId: accountId }),
    now,
  )
  return store.accounts.find(accountId)
}
