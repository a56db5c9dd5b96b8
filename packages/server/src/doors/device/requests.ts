import { ProtocolError } from '@sallyport/protocol'
import { deviceDonePage } from '../../pages/index.ts'
import { findSignedIn, requireCsrf, type SignedIn } from '../browser.ts'
import type { Door, Endpoint, Reply, Request } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import { readPageForm } from '../read-page-form.ts'
import type { Services } from '../services.ts'
import { type Asked, completed } from './asked.ts'
import { decide, show } from './decide.ts'
import { requestPath, requestsPath } from './paths.ts'

const toSignIn: Reply = { status: 303, headers: { location: '/sign-in', 'cache-control': 'no-store' } }

/** A request that waits for this very person; somebody else's is as good as none. */
async function waiting(request: Request, { account }: SignedIn, services: Services): Promise<Asked> {
  const requestId = request.params['requestId'] ?? ''
  const found = await services.store.deferred.find(requestId, services.now())
  const asked = await completed(found?.accountId === account.accountId ? found : undefined, services)
  if (!asked) throw new ProtocolError('not_found', 'This request is over, or was decided before.')
  return asked
}

const shownFor = ({ request }: Asked) => ({
  action: requestPath(request.requestId),
  compare: request.bindingMessage,
})

/** Where a person decides about what an app asked of them without a browser. @see OpenID CIBA Core §7.1, §8 */
function requestEndpoint(services: Services): Endpoint {
  return {
    path: `${requestsPath}/{requestId}`,
    refuse: refuseAsPage,
    methods: {
      async GET(request) {
        const signedIn = await findSignedIn(request, services)
        if (!signedIn) return toSignIn
        const asked = await waiting(request, signedIn, services)
        return show(asked, shownFor(asked), { request, signedIn, services })
      },
      async POST(request) {
        const form = readPageForm(request)
        const signedIn = await findSignedIn(request, services)
        if (!signedIn) return toSignIn
        requireCsrf(form.one('csrf'), request, signedIn, services)
        const asked = await waiting(request, signedIn, services)
        const decided = await decide(asked, form, shownFor(asked), { request, signedIn, services })
        if (typeof decided === 'object') return decided
        const accountHref = decided === 'approved' ? '/account' : undefined
        return page(deviceDonePage({ clientName: asked.client.name, accountHref }))
      },
    },
  }
}

/** The page for requests that name their person, where a door takes such requests. */
export function requestsDoor(services: Services): Door {
  return {
    id: 'requests',
    prefixes: [requestsPath],
    endpoints: [requestEndpoint(services)],
    refuse: refuseAsPage,
  }
}
