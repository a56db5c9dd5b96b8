import { createHmac } from 'node:crypto'

/** Headers that prove where a webhook's body is from, as Standard Webhooks has them. */
export function webhookHeaders(
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
  secret: string,
): Readonly<Record<string, string>> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${signature}`,
  }
}
