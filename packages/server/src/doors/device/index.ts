import { formatUserCode, ipBucket, parseQuery, parseUserCode, ProtocolError } from '@sallyport/protocol'
import { deviceCodePage, deviceDonePage } from '../../pages/index.ts'
import type { Window } from '../../settings/door.ts'
import { findSignedIn, issueCsrf, requireCsrf, type SignedIn } from '../browser.ts'
import type { Door, Endpoint, Reply, Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { page, refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import type { Services } from '../services.ts'
import { completed } from './asked.ts'
import { decide, show } from './decide.ts'
import { devicePath, sealUserCode } from './paths.ts'

/** Codes that one person, and one address, may get wrong. 20^8 codes stand against it. @see RFC 8628 §5.1 */
const triesByAccount: Window = { limit: 10, window: 600 }
const triesByAddress: Window = { limit: 50, window: 600 }

const decisionPath = `${devicePath}/decision`

/** Sends the browser to sign in and back here, with the code if there is one that could be one. */
function toSignIn(userCode: string | undefined): Reply {
  const code = userCode === undefined ? undefined : parseUserCode(userCode)
  const back = code === undefined ? devicePath : `${devicePath}?user_code=${formatUserCode(code)}`
  const location = `/sign-in?${new URLSearchParams({ return: back })}`
  return { status: 303, headers: { location, 'cache-control': 'no-store' } }
}

function enterCode(
  request: Request,
  signedIn: SignedIn,
  services: Services,
  told: { readonly userCode: string | undefined; readonly error?: string },
): Reply {
  const csrf = issueCsrf(request, signedIn, services)
  const typed = told.userCode?.slice(0, 64)
  const code = typed === undefined ? undefined : parseUserCode(typed)
  const userCode = code === undefined ? typed : formatUserCode(code)
  const body = deviceCodePage({ action: devicePath, csrf: csrf.token, userCode, error: told.error })
  return page(body, { status: told.error === undefined ? 200 : 400, headers: csrf.headers })
}

/**
 * Looks a code up for a person. Every try counts until it turns out right, and wrong, used and expired codes are one answer:
 * nobody finds other people's codes here.
 */
async function lookUp(
  request: Request,
  signedIn: SignedIn,
  typed: string | undefined,
  services: Services,
): Promise<Reply> {
  const { limiter, store, sealer } = services
  const now = services.now()
  const byAccount = `user-code:${signedIn.account.accountId}`
  const byAddress = `user-code:${ipBucket(request.ip)}`
  await spendOrRefuse(limiter, byAddress, triesByAddress, now)
  await spendOrRefuse(limiter, byAccount, triesByAccount, now)
  const code = typed === undefined ? undefined : parseUserCode(typed)
  const found =
    code === undefined ? undefined : await store.deferred.findByUserCode(sealUserCode(code, sealer), now)
  const asked = await completed(found, services)
  if (!asked || code === undefined) {
    const error = 'This code is not right, or is over. Look at your device again.'
    return enterCode(request, signedIn, services, { userCode: typed, error })
  }
  await limiter.refund(byAddress, now)
  await limiter.refund(byAccount, now)
  const shown = { action: decisionPath, compare: formatUserCode(code) }
  return show(asked, shown, { request, signedIn, services })
}

/** Where people enter a code. A code in the address is filled in and looked up only when they go on. @see RFC 8628 §3.3, §3.3.1 */
function deviceEndpoint(services: Services): Endpoint {
  return {
    path: devicePath,
    refuse: refuseAsPage,
    methods: {
      async GET(request) {
        const query = parseQuery(request.search)
        const userCode = query.outcome === 'ok' ? query.params.get('user_code') : undefined
        const signedIn = await findSignedIn(request, services)
        return signedIn ? enterCode(request, signedIn, services, { userCode }) : toSignIn(userCode)
      },
      async POST(request) {
        const form = readPageForm(request)
        const signedIn = await findSignedIn(request, services)
        const userCode = form.one('user_code')
        if (!signedIn) return toSignIn(userCode)
        requireCsrf(form.one('csrf'), request, signedIn, services)
        return lookUp(request, signedIn, userCode, services)
      },
    },
  }
}

/** Takes the decision. @see RFC 8628 §3.3, §5.4 */
function decisionEndpoint(services: Services): Endpoint {
  return {
    path: decisionPath,
    refuse: refuseAsPage,
    methods: {
      async POST(request) {
        const form = readPageForm(request)
        const signedIn = await findSignedIn(request, services)
        if (!signedIn) return toSignIn(undefined)
        requireCsrf(form.one('csrf'), request, signedIn, services)
        const found = await services.store.deferred.find(form.one('request_id') ?? '', services.now())
        const asked = await completed(found?.userCode === undefined ? undefined : found, services)
        if (!asked) throw new ProtocolError('access_denied', 'This request is over, or was decided before.')
        const shown = { action: decisionPath, compare: form.one('compare') }
        const decided = await decide(asked, form, shown, { request, signedIn, services })
        if (typeof decided === 'object') return decided
        const clientName = asked.client.name
        const accountHref = decided === 'approved' ? '/account' : undefined
        return page(deviceDonePage({ clientName, accountHref }))
      },
    },
  }
}

/** The pages for people with a device that has no browser, where a door lets such devices in. */
export function deviceDoor(services: Services): Door {
  return {
    id: 'device',
    prefixes: [devicePath],
    endpoints: [deviceEndpoint, decisionEndpoint].map((endpoint) => endpoint(services)),
    refuse: refuseAsPage,
  }
}
