import { adminToken, call, fresh } from './actors.ts'
import { type Answer, text } from './http.ts'
import type { TestServer } from './server.ts'

/** A registered vendor. */
export interface Vendor {
  readonly vendor_id: string
  readonly client_id: string
  readonly client_secret: string
}

/** Registers a vendor as an administrator does. */
export async function newVendor(server: TestServer, plan = 'Free'): Promise<Vendor> {
  const json = { name: fresh('vendor'), email: `${fresh('v')}@example.com`, plan, credits: 0 }
  const answer = await call(server, '/vendors', { json, bearer: await adminToken(server) })
  return {
    vendor_id: text(answer, 'vendor_id'),
    client_id: text(answer, 'client_id'),
    client_secret: text(answer, 'client_secret'),
  }
}

/** Tokens of a vendor, a new one where none is given. */
export async function vendorTokens(
  server: TestServer,
  vendor?: Vendor,
): Promise<{
  readonly access: string
  readonly refresh: string
  readonly client_id: string
  readonly clientId: string
  readonly secret: string
}> {
  const { client_id, client_secret } = vendor ?? (await newVendor(server))
  const answer = await call(server, '/auth/token', { json: { client_id, client_secret } })
  return {
    access: text(answer, 'access_token'),
    refresh: text(answer, 'refresh_token'),
    client_id,
    clientId: client_id,
    secret: client_secret,
  }
}

/** Refreshes as the document does: with nothing but the token. */
export function refreshVendor(server: TestServer, refreshToken: unknown): Promise<Answer> {
  return call(server, '/auth/refresh', { json: { refresh_token: refreshToken } })
}

/** Changes a vendor's plan or status. */
export async function changeVendor(
  server: TestServer,
  { vendor_id }: Vendor,
  change: object,
): Promise<Answer> {
  return call(server, `/vendors/${vendor_id}`, {
    method: 'PATCH',
    json: change,
    bearer: await adminToken(server),
  })
}
