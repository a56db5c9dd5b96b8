import {
  formatUserCode,
  isDocumentId,
  parseEmail,
  parseQuery,
  parseUserCode,
  redirectUriMatches,
} from '@sallyport/protocol'
import { formActionOf, type SignInModel } from '../../pages/index.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { appWords, originOf } from '../apps/client-origin.ts'
import { readMarker } from '../apps/marker.ts'
import { parseRequest, readRequestParams } from '../apps/request-source.ts'
import { devicePath } from '../device/paths.ts'
import type { Services } from '../services.ts'

type AppWords = Pick<SignInModel, 'clientName' | 'clientHost' | 'unknown'>

/** Where a browser may go after signing in, and what is known of the app that waits there. */
export interface ReturnTo {
  readonly path: string
  readonly app: AppWords
  /** Who the app thinks it is; filled into the form, and nothing more. @see OpenID Connect Core §3.1.2.1 */
  readonly loginHint: string | undefined
  readonly formActions: readonly string[]
}

const home: ReturnTo = {
  path: '/account',
  app: {},
  loginHint: undefined,
  formActions: [],
}

/** The page for a device's code, with a code or without. */
function deviceReturn(path: string, search: string): ReturnTo | undefined {
  if (path !== devicePath) return undefined
  const query = parseQuery(search)
  const typed = query.outcome === 'ok' ? query.params.get('user_code') : undefined
  const code = typed === undefined ? undefined : parseUserCode(typed)
  return { ...home, path: code === undefined ? path : `${path}?user_code=${formatUserCode(code)}` }
}

/** What a Location may hold as it is, so without spaces and non-ASCII; nor a fragment, nor a backslash that a browser reads as a slash. */
const headerSafe = /^[\x21\x22\x24-\x5b\x5d-\x7e]+$/

const authorizePath = (door: AppsDoor) => `${door.path}/${door.endpoints.authorize}`

/**
 * Reads the `return` of a sign-in page. Only an authorization endpoint of this server with its query and the page
 * for devices are accepted; everything else leads home, so the sign-in page is no open redirector.
 * @see RFC 9700 §4.11
 */
export async function readReturnTo(value: string | undefined, services: Services): Promise<ReturnTo> {
  const { doors, store, now } = services
  if (value === undefined || !headerSafe.test(value)) return home
  const [path = '', ...rest] = value.split('?')
  const search = rest.join('?')
  const bare = path.replace(/\/$/, '')
  const device = deviceReturn(path, search)
  if (device) return device
  const door = doors.find(
    (candidate): candidate is AppsDoor => candidate.kind === 'apps' && authorizePath(candidate) === bare,
  )
  if (!door) return home
  const query = parseRequest(search)
  if ('description' in query) return home
  const seenAt = readMarker(search, { door, services })?.seenAt ?? now()
  const find = async (id: string) => {
    const found = await store.clients.find(id, now())
    const here = found?.doorId === door.id || (door.clientDocuments !== undefined && isDocumentId(id))
    return here ? found : undefined
  }
  const { params } = await readRequestParams(query, seenAt, { door, services, find, look: true })
  const clientId = params.get('client_id')
  const client = clientId === undefined ? undefined : await find(clientId)
  const redirectUri = params.get('redirect_uri') ?? client?.redirectUris[0]
  const proven =
    client &&
    redirectUri !== undefined &&
    client.redirectUris.some((known) => redirectUriMatches(redirectUri, known))
  const app = proven
    ? { clientName: client.name, ...appWords(redirectUri, await originOf(client, services)) }
    : {}
  // Where consent was given before, the form of a browser that can't be met by a page (`enter`) leads on to the app without a stop.
  const action = proven ? formActionOf(redirectUri) : undefined
  return {
    path: `${path}?${search}`,
    app,
    loginHint: parseEmail(params.get('login_hint') ?? ''),
    formActions: action === undefined ? [] : [action],
  }
}
