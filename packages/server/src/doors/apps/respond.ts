import type { ErrorCode, ResponseMode } from '@sallyport/protocol'
import { formActionsTo, formPostPage } from '../../pages/index.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { SignedIn } from '../browser.ts'
import type { Reply } from '../door.ts'
import { page } from '../page.ts'
import type { AppsContext } from './context.ts'
import { watchedState } from './session-state.ts'

/** Where an authorization response goes, and how: an address that was compared with the client's registration, and nothing else. */
export interface ProvenRedirect {
  readonly redirectUri: string
  readonly state: string | undefined
  readonly clientId: string
  readonly responseMode: ResponseMode
}

type Params = Readonly<Record<string, string>>

/** How long a signed response may be on its way. @see JARM §2.1: at most ten minutes */
const signedLifetime = 600

/** The response modes of a door. */
export function responseModesOf({ responseModes = ['query'] }: AppsDoor): readonly ResponseMode[] {
  return responseModes
}

/** The whole response as one JWT for the client. @see JARM §2.1 */
async function sign(
  params: Params,
  { clientId }: ProvenRedirect,
  { services }: AppsContext,
): Promise<Params> {
  const now = services.now()
  const client = await services.store.clients.find(clientId, now)
  // Without `sub`, so that it can never be taken for an ID token.
  const claims = { ...params, aud: clientId, exp: now + signedLifetime }
  return { response: await services.signing.sign('JWT', claims, now, client?.choices?.authorizationAlg) }
}

function asForm(redirectUri: string, params: Params): Reply {
  const fields = Object.entries(params).map(([name, value]) => ({ name, value }))
  const body = formPostPage({ action: redirectUri, clientHost: new URL(redirectUri).host, fields })
  return page(body, { formActions: formActionsTo(redirectUri) })
}

function asQuery(redirectUri: string, params: Params, { strictRedirects }: AppsDoor): Reply {
  // Appended as text: parsing and printing the registered address could change it.
  const location = `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${new URLSearchParams(params)}`
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
  // RFC 9700 §4.12: 303 never sends a form on. The documents of doors that were there before this one say 302.
  return { status: strictRedirects ? 303 : 302, headers }
}

async function respond(to: ProvenRedirect, params: Params, apps: AppsContext): Promise<Reply> {
  const { redirectUri, state, responseMode } = to
  const all = {
    ...params,
    ...(state !== undefined && { state }),
    // RFC 9207: says which server answered, so that a client of several can't be mixed up.
    iss: issuerOf(apps.door, apps.services.baseUrl),
  }
  const sent = responseMode.endsWith('.jwt') ? await sign(all, to, apps) : all
  return responseMode.startsWith('form_post')
    ? asForm(redirectUri, sent)
    : asQuery(redirectUri, sent, apps.door)
}

/** An authorization error response. @see RFC 6749 §4.1.2.1 */
export function respondError(
  to: ProvenRedirect,
  refusal: { readonly error: ErrorCode; readonly description: string },
  apps: AppsContext,
): Promise<Reply> {
  return respond(to, { error: refusal.error, error_description: refusal.description }, apps)
}

/** An authorization response with a code. @see RFC 6749 §4.1.2 */
export async function respondCode(
  to: ProvenRedirect,
  code: string,
  { signedIn, apps }: { readonly signedIn: SignedIn; readonly apps: AppsContext },
): Promise<Reply> {
  if (!apps.door.logout?.sessionManagement) return respond(to, { code }, apps)
  const { state, cookie } = watchedState(to, signedIn, apps.services)
  const reply = await respond(to, { code, session_state: state }, apps)
  return { ...reply, headers: { ...reply.headers, 'set-cookie': cookie } }
}
