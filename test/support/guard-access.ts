import { administer } from './actors.ts'
import type { TestServer } from './server.ts'

/** How a guard elsewhere proves itself. */
export interface GuardAccess {
  readonly clientId: string
  readonly clientSecret: string
  /** The value of `Authorization`. */
  readonly basic: string
}

/** Makes the credential of a guard, as an administrator does. */
export async function newGuard(server: TestServer): Promise<GuardAccess> {
  const { json } = await administer(server, 'POST', '/guards', { name: 'an API' })
  const [clientId, clientSecret] = [String(json['client_id']), String(json['client_secret'])]
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  return { clientId, clientSecret, basic }
}
