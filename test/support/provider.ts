import { once } from 'node:events'
import { createServer } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { Provider as OidcProvider } from 'oidc-provider'
import { freePort } from './server.ts'
import { createBrowser } from './browser.ts'

/** Who signs in at the provider, and what it says of them. */
export interface ProviderPerson {
  readonly email: string
  readonly emailVerified?: boolean
}

/** A real OpenID provider on loopback, of another project's making. */
export interface Provider {
  readonly settings: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string }
  /** Registers where it may send browsers back to. */
  allow(redirectUri: string): void
  /** Signs a person in and approves; the address it sends the browser back to. */
  signIn(authorizationUrl: string, person: ProviderPerson): Promise<string>
  /** Declines instead. */
  decline(authorizationUrl: string): Promise<string>
  close(): Promise<void>
}

/** Starts the provider. */
export async function startProvider(): Promise<Provider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const redirectUris: string[] = []
  const [clientId, clientSecret] = ['sallyport', 'provider-secret-of-the-test']
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const people = new Map<string, ProviderPerson>()
  const provider = new OidcProvider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: redirectUris.length > 0 ? redirectUris : ['http://127.0.0.1/unused'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' }] },
    cookies: { keys: ['cookie-secret-of-the-test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    // The loopback redirect address is only known once the server under test has its port.
    extraClientMetadata: { properties: [] },
    async findAccount(_context, id) {
      const person = people.get(id)
      return {
        accountId: id,
        claims: async () => ({
          sub: id,
          email: person?.email,
          email_verified: person?.emailVerified ?? true,
        }),
      }
    },
  })
  const client = provider.Client as unknown as { prototype: { redirectUriAllowed(uri: string): boolean } }
  client.prototype.redirectUriAllowed = (uri: string) => redirectUris.includes(uri)
  const http = createServer(provider.callback())
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')

  async function walk(url: string, person: ProviderPerson | undefined): Promise<string> {
    const browser = createBrowser(issuer)
    let answer = await browser.open(url)
    for (let hops = 0; hops < 12; hops += 1) {
      const { location } = answer.headers
      if (location !== undefined) {
        const target = new URL(location, issuer)
        if (target.origin !== issuer) return target.href
        answer = await browser.open(target.href)
      } else if (answer.text.includes('name="login"')) {
        if (!person)
          return browser
            .open(new URL(/href="([^"]*abort[^"]*)"/.exec(answer.text)?.[1] ?? '', issuer).href)
            .then(follow(browser, issuer))
        people.set(person.email, person)
        answer = await browser.submit(answer, { login: person.email, password: 'anything' })
      } else answer = await browser.submit(answer, {})
    }
    throw new Error(`the provider did not finish: ${answer.status} ${answer.text.slice(0, 300)}`)
  }

  return {
    settings: { issuer, clientId, clientSecret },
    allow: (redirectUri) => void redirectUris.push(redirectUri),
    signIn: (url, person) => walk(url, person),
    decline: (url) => walk(url, undefined),
    async close() {
      http.close()
      http.closeAllConnections()
    },
  }
}

function follow(browser: ReturnType<typeof createBrowser>, issuer: string) {
  return async (answer: {
    readonly headers: { readonly location?: string | undefined }
  }): Promise<string> => {
    let current = answer
    for (let hops = 0; hops < 5; hops += 1) {
      const target = new URL(current.headers.location ?? '', issuer)
      if (target.origin !== issuer) return target.href
      current = await browser.open(target.href)
    }
    throw new Error('the provider did not send the browser back')
  }
}
