import { ipBucket, parseQuery, ProtocolError } from '@sallyport/protocol'
import { accountOfUpstream, attemptHash, newUpstreamAttempt, type Upstream } from '../../accounts/upstream.ts'
import { readCookie, setCookie } from '../cookies.ts'
import type { Endpoint, Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { accountContext, noStore, type PeopleContext, pairFor } from './context.ts'

const cookie = 'sallyport_upstream'
const attemptLifetime = 600

function upstreamOf({ upstream }: PeopleContext): Upstream {
  if (!upstream) throw new ProtocolError('not_implemented', 'Sign-in with Google is not configured.')
  return upstream
}

/** Sends the browser to Google, with a state and nonce that only this browser can answer, and PKCE. */
export function googleStartEndpoint(people: PeopleContext): Endpoint {
  const { door, services } = people
  return {
    path: `${door.path}/google/`,
    methods: {
      async GET(request) {
        const upstream = upstreamOf(people)
        const now = services.now()
        // Each attempt is a row for ten minutes.
        await spendOrRefuse(
          services.limiter,
          `google:${ipBucket(request.ip)}`,
          { limit: 60, window: 60 },
          now,
        )
        const { state, nonce, codeVerifier, browser } = newUpstreamAttempt()
        const redirectUri = `${services.baseUrl}${door.path}/google/callback/`
        const url = await upstream.authorizationUrl({ redirectUri, state, nonce, codeVerifier })
        const attempt = {
          stateHash: attemptHash(state),
          browserHash: attemptHash(browser),
          doorId: door.id,
          nonce,
          codeVerifier,
          returnTo: undefined,
        }
        await services.store.accounts.addUpstreamLogin({ ...attempt, expiresAt: now + attemptLifetime }, now)
        const set = setCookie({ name: cookie, value: browser, maxAge: attemptLifetime }, services.baseUrl)
        return { status: 302, headers: { ...noStore, location: url.href, 'set-cookie': set } }
      },
    },
  }
}

function refuse(detail: string, cause?: unknown): ProtocolError {
  return new ProtocolError('invalid_request', 'Sign-in with Google failed; start again.', { detail, cause })
}

async function takeAttempt(request: Request, { door, services }: PeopleContext) {
  const query = parseQuery(request.search)
  if (query.outcome !== 'ok' || query.repeated.length > 0) throw refuse('malformed query')
  const state = query.params.get('state')
  const browser = readCookie(request, cookie, services.baseUrl)
  if (state === undefined || browser === undefined) throw refuse('no state or no cookie')
  const attempt = await services.store.accounts.takeUpstreamLogin(attemptHash(state), services.now())
  // The cookie ties the answer to the browser that asked: an attacker's answer can't be planted in another (login CSRF).
  if (!attempt || attempt.doorId !== door.id || attempt.browserHash !== attemptHash(browser))
    throw refuse('unknown, used or foreign state')
  const error = query.params.get('error')
  if (error !== undefined) throw refuse(`the provider answered ${error.slice(0, 40)}`)
  return { attempt, state }
}

/** Google sends the browser back here; the answer holds this door's tokens. */
export function googleCallbackEndpoint(people: PeopleContext): Endpoint {
  const { door, services } = people
  return {
    path: `${door.path}/google/callback/`,
    methods: {
      async GET(request) {
        const upstream = upstreamOf(people)
        await services.signing.ready(services.now())
        const { attempt, state } = await takeAttempt(request, people)
        const callback = new URL(`${services.baseUrl}${door.path}/google/callback/?${request.search}`)
        const person = await upstream
          .redeem(callback, { state, nonce: attempt.nonce, codeVerifier: attempt.codeVerifier })
          // Whatever the library found wrong with the provider's answer, the caller hears the same.
          .catch((cause: unknown) => Promise.reject(refuse('the answer was not valid', cause)))
        const account = await accountOfUpstream(person, door.plan, accountContext(request, people))
        if (!account)
          throw new ProtocolError('forbidden', 'This Google account has no verified e-mail address.')
        const gone = setCookie({ name: cookie, value: '', maxAge: 0 }, services.baseUrl)
        const headers = { ...noStore, 'referrer-policy': 'no-referrer', 'set-cookie': gone }
        return { status: 200, headers, body: await pairFor(account, request, people, 'upstream') }
      },
    },
  }
}
