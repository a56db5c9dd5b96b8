import { createLogoutSender, type LogoutSender } from '../accounts/logout-sender.ts'
import { logoutTokens } from '../doors/apps/logout-token.ts'
import type { Services } from '../doors/services.ts'
import { postForm } from '../net/post-form.ts'

/** Tells apps of logout, whoever ended the session; networks that are not public are asked only where they are named. */
export function logoutSenderOf(services: Services, privateNetworks: readonly string[] = []): LogoutSender {
  const { store, log, closing: signal } = services
  return createLogoutSender({
    store,
    tokenFor: logoutTokens(services),
    post: (form) => postForm({ ...form, privateNetworks, signal }),
    failed: (err) => log.error({ err }, 'an app could not be told of a logout'),
  })
}
