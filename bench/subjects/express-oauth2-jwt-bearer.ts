import { auth } from 'express-oauth2-jwt-bearer'
import { createExchanges, type Exchange, passed } from './requests.ts'
import { inTurn, type Scene, type Subject } from './subject.ts'

/** Auth0's middleware for Express, with the server's key set; fetched by the first checks, which nobody measures. */
export async function expressOauth2JwtBearer({ issuer, jwksUri, tokens }: Scene): Promise<Subject> {
  const middleware = auth({ issuer, jwksUri, audience: issuer, tokenSigningAlg: 'ES256' })
  const exchange = createExchanges()
  const next = inTurn(tokens)
  return {
    prepare: (count) => next(count).map((token) => exchange({ authorization: `Bearer ${token}` })),
    check(input) {
      const { request, response } = input as Exchange
      return passed((done) => middleware(request, response, done), { request, response })
    },
    close: () => Promise.resolve(),
  }
}
