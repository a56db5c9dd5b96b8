import * as oauth from 'oauth4webapi'
import type { App } from './actors.ts'
import type { TestServer } from './server.ts'

/** Where the answers of authorization go; nobody serves it. */
export const redirectUri = 'https://client.example/callback'

/** What each request of the library needs on this machine, where there is no TLS. */
export const insecure = { [oauth.allowInsecureRequests]: true } as const

/** What a client knows: its server by discovery, itself, and how it proves itself. */
export interface Party {
  readonly as: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly auth: oauth.ClientAuth
}

/** The server's metadata, by discovery. */
export async function discover({ base }: TestServer): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(base)
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
}

/** A client of the server as the library knows it; it proves itself by HTTP Basic unless told otherwise. */
export async function newParty(
  server: TestServer,
  app: App,
  auth: oauth.ClientAuth = oauth.ClientSecretBasic(app.secret),
  more: Partial<oauth.Client> = {},
): Promise<Party> {
  return { as: await discover(server), client: { client_id: app.clientId, ...more }, auth }
}
