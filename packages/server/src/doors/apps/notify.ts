import { newId } from '../../crypto/id.ts'
import { webhookHeaders } from '../../crypto/webhook.ts'
import type { WebhookSettings } from '../../settings/apps-door.ts'
import type { Services } from '../services.ts'

const timeoutMs = 3000

/**
 * Tells a hook of the operator's, once, in the background: the request that it tells of is answered without it, and is on the
 * person's account page whether it got through or not.
 */
export function notify(
  hook: WebhookSettings | undefined,
  { log, now, closing }: Pick<Services, 'log' | 'now' | 'closing'>,
  message: object,
): void {
  if (!hook) return
  const at = now()
  const body = JSON.stringify(message)
  const headers = webhookHeaders({ id: newId('msg_', at), at, body }, hook.secret)
  const signal = AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)])
  fetch(hook.url, { method: 'POST', headers, body, signal, redirect: 'error' }).then(
    async (answer) => {
      await answer.body?.cancel()
      if (!answer.ok)
        log.warn({ url: hook.url, status: answer.status }, 'a hook did not take what it was told')
    },
    (error: unknown) => log.warn({ url: hook.url, err: error }, 'a hook could not be reached'),
  )
}
