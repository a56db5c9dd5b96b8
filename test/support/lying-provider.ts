import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { freePort } from './server.ts'

/** What a provider says that is not so. */
export type Lie = 'nothing' | 'signature' | 'audience' | 'nonce' | 'issuer'

/** An OpenID provider that lies in one point; no correct provider could be made to. */
export interface LyingProvider {
  readonly settings: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string }
  readonly email: string
  /** The address it sends a browser back to that came with this authorization request. */
  answer(authorizationUrl: string): string
  close(): Promise<void>
}

/** Starts the provider on loopback. */
export async function startLyingProvider(lie: Lie): Promise<LyingProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const [clientId, email] = ['sallyport', 'told@example.com']
  const [published, other] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')]
  const jwk = { ...(await exportJWK(published.publicKey)), kid: 'key', alg: 'RS256', use: 'sig' }
  let nonce = ''

  async function idToken(): Promise<string> {
    return new SignJWT({ email, email_verified: true, nonce: lie === 'nonce' ? 'another' : nonce })
      .setProtectedHeader({ alg: 'RS256', kid: 'key' })
      .setIssuer(lie === 'issuer' ? 'https://accounts.example' : issuer)
      .setAudience(lie === 'audience' ? 'another-client' : clientId)
      .setSubject('subject-1')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(lie === 'signature' ? other.privateKey : published.privateKey)
  }
  const documents: Record<string, () => Promise<object> | object> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
    '/jwks': () => ({ keys: [jwk] }),
    '/token': async () => ({
      access_token: 'x',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await idToken(),
    }),
  }
  const http = createServer(async (request, response) => {
    const document = documents[new URL(request.url ?? '/', issuer).pathname]
    response.setHeader('content-type', 'application/json')
    response.statusCode = document ? 200 : 404
    response.end(JSON.stringify((await document?.()) ?? {}))
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return {
    settings: { issuer, clientId, clientSecret: 'secret-of-the-test' },
    email,
    answer(authorizationUrl) {
      const query = new URL(authorizationUrl).searchParams
      nonce = query.get('nonce') ?? ''
      return `${query.get('redirect_uri')}?${new URLSearchParams({ code: 'code', state: query.get('state') ?? '' })}`
    },
    async close() {
      http.close()
      http.closeAllConnections()
    },
  }
}
