import { ProtocolError, parseQuery } from '@sallyport/protocol'
import { startBrowserSession } from '../../accounts/browser-session.ts'
import { browserSessionLifetime } from '../../accounts/browser-session.ts'
import { signIn } from '../../accounts/sign-in.ts'
import { onwardPage, signInPage } from '../../pages/index.ts'
import type { Account } from '../../store/contract/index.ts'
import { findSignedIn, issueCsrf, presenceCookies, requireCsrf, sessionCookie } from '../browser.ts'
import { readCookie, setCookie } from '../cookies.ts'
import { type Endpoint, oneHeader, type Reply, type Request } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import { countSignIn } from '../sign-in-attempts.ts'
import { accountContext, type PortalContext } from './context.ts'
import { type ReturnTo, readReturnTo } from './return-to.ts'

/** Signs the browser in and sends it on. */
export async function enter(
  account: Account,
  { path, formActions }: ReturnTo,
  request: Request,
  portal: PortalContext,
): Promise<Reply> {
  const { baseUrl } = portal.services
  const earlier = readCookie(request, sessionCookie, baseUrl)
  const started = await startBrowserSession(account, earlier, accountContext(request, portal))
  if (!started) throw new ProtocolError('access_denied', 'Your password was changed. Sign in again.')
  const { secret, presenceId } = started
  const cookie = { name: sessionCookie, value: secret, maxAge: browserSessionLifetime }
  const cookies = [setCookie(cookie, baseUrl), ...presenceCookies(presenceId, portal.services)]
  // Where consent was given before, a redirect would lead to the app and on, all of it held to the policy of the page with the
  // password (`formActionsTo`). A page in between ends what belongs to the form, so that this policy can stay narrow.
  if (formActions.length > 0 && oneHeader(request, 'sec-fetch-mode') === 'navigate') {
    const headers = { refresh: `0; url=${path}`, 'set-cookie': cookies }
    return page(onwardPage({ href: path }), { headers })
  }
  const headers = { location: path, 'cache-control': 'no-store', 'set-cookie': cookies }
  return { status: 303, headers }
}

async function form(
  request: Request,
  portal: PortalContext,
  told: {
    readonly returnTo: string | undefined
    readonly email?: string
    readonly error?: string
    readonly status?: number
  },
): Promise<Reply> {
  const { services } = portal
  const signedIn = await findSignedIn(request, services)
  const to = await readReturnTo(told.returnTo, services)
  const csrf = issueCsrf(request, signedIn, services)
  const body = signInPage({
    action: '/sign-in',
    csrf: csrf.token,
    returnTo: to.path,
    email: told.email ?? to.loginHint,
    error: told.error,
    ...to.app,
    signUpHref: portal.people ? `/sign-up?${new URLSearchParams({ return: to.path })}` : undefined,
  })
  return page(body, { status: told.status ?? 200, formActions: to.formActions, headers: csrf.headers })
}

/** The sign-in page. */
export function signInEndpoint(portal: PortalContext): Endpoint {
  const { services } = portal
  return {
    path: '/sign-in',
    refuse: refuseAsPage,
    methods: {
      async GET(request) {
        const query = parseQuery(request.search)
        const params = query.outcome === 'ok' ? query.params : new Map<string, string>()
        const to = await readReturnTo(params.get('return'), services)
        // `again`: an app wants the person to prove themselves once more.
        if (!params.has('again') && (await findSignedIn(request, services))) {
          return { status: 302, headers: { location: to.path, 'cache-control': 'no-store' } }
        }
        return form(request, portal, { returnTo: params.get('return') })
      },
      async POST(request) {
        const posted = readPageForm(request)
        requireCsrf(posted.one('csrf'), request, await findSignedIn(request, services), services)
        const [email, password] = [posted.one('email') ?? '', posted.one('password') ?? '']
        const giveBack = await countSignIn(email, portal.attempts, request, services)
        const account = await signIn(email, password, accountContext(request, portal))
        if (!account) {
          const error = 'E-mail address or password is not right.'
          return form(request, portal, { returnTo: posted.one('return'), email, error, status: 400 })
        }
        await giveBack()
        return enter(account, await readReturnTo(posted.one('return'), services), request, portal)
      },
    },
  }
}
