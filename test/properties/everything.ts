import type { ServerOptions } from '../support/server.ts'
import { grantType } from '../support/grants.ts'
import type { Voucher } from '../support/vouching.ts'

/** The API at the other end of identity assertions. */
export const elsewhere = 'https://elsewhere.example'
/** An API that tokens can be for. */
export const billing = 'https://billing.example/v1'

const unlimited = { limit: 1_000_000, window: 60 }
const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials', ...Object.values(grantType)]

/** All that an apps door can do, switched on at once; `voucher` is trusted for who people are. */
const appsDoor = (voucher: Voucher, clientId: string) => ({
  grantTypes,
  trusts: [
    { issuer: voucher.issuer, jwks: voucher.jwks, profile: 'assertion', subject: 'account' },
    { issuer: `${voucher.issuer}/id-jag`, jwks: voucher.jwks, profile: 'id-jag', subject: 'account' },
  ],
  vouchesFor: [{ issuer: elsewhere, clients: { [clientId]: 'there' }, scope: ['read'] }],
  responseModes: ['query', 'form_post', 'query.jwt', 'form_post.jwt'],
  pushedRequests: 'optional',
  requestObjects: 'optional',
  claimsParameter: true,
  authorizationDetails: ['payment'],
  dpop: 'optional',
  resources: { [billing]: 'Billing' },
  logout: { sessionManagement: true },
  subjectTypes: ['public', 'pairwise'],
  acrValues: { password: 'urn:example:password' },
  browserClients: true,
  registration: 'open',
  registrationLimit: unlimited,
  clientDocuments: {},
  signedIntrospection: true,
})

/** What proxies may let through. */
export const forwardAuth: NonNullable<ServerOptions['forwardAuth']> = [
  { path: '/v1/*', shape: 'message', rule: { doors: ['osir', 'osir-oauth'] }, token: true },
  { path: '/chat/*', shape: 'oauth', rule: { doors: ['openchatstudio'], scopes: ['chatbot:read'] } },
  { path: '/pages/*', shape: 'detail', rule: { doors: ['oshara'] }, preflight: true },
]

/** The settings of a server with everything switched on. */
export function everything(voucher: Voucher, google: ServerOptions['google']): ServerOptions {
  return {
    ...(google && { google }),
    doors: {
      openchatstudio: appsDoor(voucher, 'nobody-yet'),
      'osir-oauth': { registration: 'token', registrationLimit: unlimited },
    },
    forwardAuth,
  }
}
