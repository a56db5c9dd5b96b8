import { isDocumentId } from '@sallyport/protocol'
import type { UnknownApp } from '../../pages/index.ts'
import type { Client } from '../../store/contract/index.ts'
import type { AppsContext } from './context.ts'

/** Where a client comes from that no administrator registered. */
export interface ClientOrigin {
  /** The host of the document that describes it. */
  readonly documentHost?: string
  /** When it registered itself, or last said something else of itself. */
  readonly changedAt?: number
}

/** What is known of where a client comes from; `undefined` where an administrator registered it. */
export async function originOf(
  { clientId }: Client,
  { store }: Pick<AppsContext['services'], 'store'>,
): Promise<ClientOrigin | undefined> {
  if (isDocumentId(clientId)) return { documentHost: new URL(clientId).host }
  const registration = await store.registrations.find(clientId)
  return registration && { changedAt: registration.registeredAt }
}

/** What a page says of the app at a redirect address, so that its own word isn't taken for this server's. */
export function appWords(
  redirectUri: string,
  origin: ClientOrigin | undefined,
): { readonly clientHost: string; readonly unknown: UnknownApp | undefined } {
  const unknown = origin && { documentHost: origin.documentHost, local: isLocal(redirectUri) }
  return { clientHost: hostOf(redirectUri), unknown }
}

/** What somebody can do whose app is not known here. */
export function unknownClient(clientId: string): string {
  if (isDocumentId(clientId))
    return (
      'The app says that its description is at the address which is its client_id, but this server can’t take it from there: it ' +
      'is not to be had, not valid, or of a host that is not trusted here. Try again in a minute, then ask whoever makes the app.'
    )
  return (
    'The app is not registered here, or its registration has ended. In the app, remove the connection and connect again: it ' +
    'then registers anew. If it still comes here, whoever makes the app has to register it.'
  )
}

/** Where an answer goes, as people read addresses. An app on a phone has a scheme and no host. */
export function hostOf(redirectUri: string): string {
  const host = URL.canParse(redirectUri) ? new URL(redirectUri).host : ''
  return host === '' ? redirectUri : host
}

/** Whether an answer goes to a program on the person's own machine. */
export function isLocal(redirectUri: string): boolean {
  return /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?:[:/?]|$)/.test(redirectUri)
}
