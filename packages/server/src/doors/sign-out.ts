import { frontchannelAddress } from '@sallyport/protocol'
import { sidOf } from '../crypto/presence.ts'
import { issuerOf } from '../settings/issuer.ts'
import type { AuditEvent, FramedClient } from '../store/contract/index.ts'
import { presenceCookies, sessionCookie, type SignedIn } from './browser.ts'
import { setCookie } from './cookies.ts'
import type { Services } from './services.ts'

/** A browser that was signed out. */
export interface SignedOut {
  /** What to frame, so that apps hear of it. @see OpenID Front-Channel Logout §2 */
  readonly frames: readonly string[]
  readonly cookies: readonly string[]
}

function frameOf(
  { clientId, doorId, uri }: FramedClient,
  { session }: SignedIn,
  { doors, sealer, baseUrl }: Services,
): readonly string[] {
  const door = doors.find((one) => one.id === doorId)
  if (door?.kind !== 'apps' || !door.logout) return []
  const sid = sidOf(session.presenceId, clientId, sealer)
  return [frontchannelAddress(uri, { issuer: issuerOf(door, baseUrl), sid })]
}

/** Ends the session of a browser. Which apps have to be told of that is on the disk by then; those that are told by frames are returned. */
export async function signOut(signedIn: SignedIn, event: AuditEvent, services: Services): Promise<SignedOut> {
  const { store, baseUrl, now } = services
  const framed = await store.accounts.endSession(signedIn.session.hash, event, now())
  const gone = setCookie({ name: sessionCookie, value: '', maxAge: 0 }, baseUrl)
  return {
    frames: framed.flatMap((client) => frameOf(client, signedIn, services)),
    cookies: [gone, ...presenceCookies(undefined, services)],
  }
}
