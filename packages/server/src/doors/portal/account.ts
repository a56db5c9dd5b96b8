import { type Environment } from '../../store/contract/index.ts'
import { createKey } from '../../accounts/keys.ts'
import { accountPage, signedOutPage } from '../../pages/index.ts'
import { findSignedIn, issueCsrf, requireCsrf, type SignedIn } from '../browser.ts'
import type { Endpoint, Handler, Reply, Request } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import { type PageForm, readPageForm } from '../read-page-form.ts'
import { fieldErrors } from '../fields.ts'
import { spendOrRefuse } from '../limits.ts'
import { waitingFor } from '../device/asked.ts'
import { signOut } from '../sign-out.ts'
import { accountContext, type PortalContext } from './context.ts'

const iso = (at: number) => new Date(at * 1000).toISOString()
const toSignIn: Reply = { status: 303, headers: { location: '/sign-in', 'cache-control': 'no-store' } }
const back: Reply = { status: 303, headers: { location: '/account', 'cache-control': 'no-store' } }

async function show(
  request: Request,
  signedIn: SignedIn,
  portal: PortalContext,
  newKey?: string,
): Promise<Reply> {
  const { services, keys } = portal
  const { store } = services
  const { account } = signedIn
  const csrf = issueCsrf(request, signedIn, services)
  const consents = await store.clients.consentsOf(account.accountId)
  const memberships = await store.teams.membershipsOf(account.accountId)
  const owned = keys ? await store.keys.list({ doorId: keys.id, teamId: account.homeTeamId }) : []
  const body = accountPage({
    csrf: csrf.token,
    email: account.email,
    waiting: await waitingFor(signedIn, services),
    apps: consents.map(({ clientId, clientName, scope, teamId, grantedAt }) => ({
      clientId,
      name: clientName,
      scopes: scope,
      team: memberships.find((one) => one.teamId === teamId && !one.personal)?.name,
      grantedAt: iso(grantedAt),
      revokeAction: `/account/apps/${encodeURIComponent(clientId)}/disconnect`,
    })),
    keys: owned.map(({ keyId, name, preview, environment, scope, createdAt, lastUsedAt }) => ({
      keyId,
      name,
      preview,
      environment,
      scopes: scope,
      createdAt: iso(createdAt),
      lastUsedAt: lastUsedAt === undefined ? undefined : iso(lastUsedAt),
      revokeAction: `/account/keys/${keyId}/revoke`,
    })),
    newKey,
    createKeyAction: '/account/keys',
    keyScopes: Object.entries(keys?.scopes ?? {}).map(([value, description]) => ({ value, description })),
    keyEnvironments: keys?.format.environments ? ['live', 'test'] : [],
    signOutAction: '/sign-out',
  })
  return page(body, { headers: csrf.headers })
}

/** A form of the account page: signed in, CSRF token right, then `act`. */
function posted(
  portal: PortalContext,
  act: (request: Request, signedIn: SignedIn, form: PageForm) => Promise<Reply>,
): Handler {
  return async (request) => {
    const signedIn = await findSignedIn(request, portal.services)
    if (!signedIn) return toSignIn
    const form = readPageForm(request)
    requireCsrf(form.one('csrf'), request, signedIn, portal.services)
    return act(request, signedIn, form)
  }
}

/** The account page. */
export function accountEndpoint(portal: PortalContext): Endpoint {
  return {
    path: '/account',
    refuse: refuseAsPage,
    methods: {
      async GET(request) {
        const signedIn = await findSignedIn(request, portal.services)
        return signedIn ? show(request, signedIn, portal) : toSignIn
      },
    },
  }
}

/** Disconnects an app: its consent goes and every token it got from this person. */
export function disconnectEndpoint(portal: PortalContext): Endpoint {
  const { services } = portal
  return {
    path: '/account/apps/{clientId}/disconnect',
    refuse: refuseAsPage,
    methods: {
      POST: posted(portal, async (request, { account }) => {
        const clientId = request.params['clientId'] ?? ''
        const event = accountContext(request, portal).event('consent.withdrawn', {
          accountId: account.accountId,
          clientId,
        })
        await services.store.clients.withdrawConsent(account.accountId, clientId, event, services.now())
        return back
      }),
    },
  }
}

/** Makes an API key, shown on this answer alone. */
export function createKeyEndpoint(portal: PortalContext): Endpoint {
  const { keys, services } = portal
  return {
    path: '/account/keys',
    refuse: refuseAsPage,
    methods: {
      POST: posted(portal, async (request, signedIn, form) => {
        if (!keys) return back
        const { account } = signedIn
        // One count with the door's own way to make keys.
        const count = `keys:${keys.id}:${account.accountId}`
        await spendOrRefuse(services.limiter, count, keys.creations, services.now())
        const { teams } = services.store
        const membership = await teams.membership(account.accountId, account.homeTeamId)
        const environment: Environment = form.one('environment') === 'test' ? 'test' : 'live'
        const wanted = {
          name: form.one('name') ?? '',
          accountId: account.accountId,
          by: { sessionHash: signedIn.session.hash },
          teamId: account.homeTeamId,
          role: membership?.role ?? '',
          environment,
          scope: [...new Set(form.all('scope'))].sort(),
          ipList: [],
          expiresAt: undefined,
        }
        const made = await createKey(wanted, keys, accountContext(request, portal))
        if (made.outcome === 'refuse') throw fieldErrors(made.fields)
        return show(request, signedIn, portal, made.secret)
      }),
    },
  }
}

/** Revokes one of the person's keys. */
export function revokeKeyEndpoint(portal: PortalContext): Endpoint {
  const { services } = portal
  return {
    path: '/account/keys/{keyId}/revoke',
    refuse: refuseAsPage,
    methods: {
      POST: posted(portal, async (request, { account }) => {
        const key = await services.store.keys.find(request.params['keyId'] ?? '')
        // Somebody else's key is left alone, and the answer does not tell it from one that is gone.
        if (key?.teamId !== account.homeTeamId) return back
        const event = accountContext(request, portal).event('key.revoked', {
          accountId: account.accountId,
          targetId: key.keyId,
        })
        await services.store.keys.revoke(key.keyId, event, services.now())
        return back
      }),
    },
  }
}

/** Signs this browser out. */
export function signOutEndpoint(portal: PortalContext): Endpoint {
  const { services } = portal
  return {
    path: '/sign-out',
    refuse: refuseAsPage,
    methods: {
      POST: posted(portal, async (request, signedIn) => {
        const { accountId } = signedIn.account
        const about = { accountId, targetId: signedIn.session.sessionId }
        const event = accountContext(request, portal).event('session.ended', about)
        const { frames, cookies } = await signOut(signedIn, event, services)
        const body = signedOutPage({ signInHref: '/sign-in', frames: frames.map((href) => ({ href })) })
        return page(body, { frames, headers: { 'set-cookie': cookies } })
      }),
    },
  }
}
