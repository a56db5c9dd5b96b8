import { ipBucket, parseQuery, ProtocolError } from '@sallyport/protocol'
import { signUp } from '../../accounts/sign-up.ts'
import { signUpPage } from '../../pages/index.ts'
import { findSignedIn, issueCsrf, requireCsrf } from '../browser.ts'
import type { Endpoint, Reply, Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { page, refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import { accountContext, type PortalContext } from './context.ts'
import { readReturnTo } from './return-to.ts'
import { enter } from './sign-in.ts'

type Errors = Readonly<Record<string, readonly string[]>>

async function form(
  request: Request,
  portal: PortalContext,
  told: { readonly returnTo: string | undefined; readonly email?: string; readonly errors?: Errors },
): Promise<Reply> {
  const { services } = portal
  const to = await readReturnTo(told.returnTo, services)
  const csrf = issueCsrf(request, await findSignedIn(request, services), services)
  const body = signUpPage({
    action: '/sign-up',
    csrf: csrf.token,
    returnTo: to.path,
    email: told.email,
    errors: told.errors,
    signInHref: `/sign-in?${new URLSearchParams({ return: to.path })}`,
  })
  return page(body, { status: told.errors ? 400 : 200, formActions: to.formActions, headers: csrf.headers })
}

/** The sign-up page. */
export function signUpEndpoint(portal: PortalContext): Endpoint {
  const { services, people } = portal
  return {
    path: '/sign-up',
    refuse: refuseAsPage,
    methods: {
      GET(request) {
        if (!people) throw new ProtocolError('not_found', 'Accounts are made by an administrator here.')
        const query = parseQuery(request.search)
        return form(request, portal, {
          returnTo: query.outcome === 'ok' ? query.params.get('return') : undefined,
        })
      },
      async POST(request) {
        if (!people) throw new ProtocolError('not_found', 'Accounts are made by an administrator here.')
        const posted = readPageForm(request)
        requireCsrf(posted.one('csrf'), request, await findSignedIn(request, services), services)
        await spendOrRefuse(
          services.limiter,
          `sign-up:${people.id}:${ipBucket(request.ip)}`,
          { limit: 100, window: 60 },
          services.now(),
        )
        const [email, password] = [posted.one('email') ?? '', posted.one('password') ?? '']
        const person = { email, password, plan: people.plan, minPasswordLength: people.minPasswordLength }
        const made = await signUp(person, accountContext(request, portal))
        const returnTo = posted.one('return')
        if (made.outcome === 'refuse') return form(request, portal, { returnTo, email, errors: made.fields })
        return enter(made.account, await readReturnTo(returnTo, services), request, portal)
      },
    },
  }
}
