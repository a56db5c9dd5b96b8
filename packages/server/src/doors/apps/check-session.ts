import { checkSessionPage } from '../../pages/index.ts'
import { stateCookieName } from '../browser.ts'
import { nameOf } from '../cookies.ts'
import type { Endpoint } from '../door.ts'
import { type AppsContext, pathOf } from './context.ts'

/** The page that apps frame to watch whether somebody is still signed in. @see OpenID Session Management §3.2, §3.3 */
export function checkSessionEndpoint(apps: AppsContext): Endpoint {
  const { headers, body } = checkSessionPage(nameOf(stateCookieName, apps.services.baseUrl))
  return { path: pathOf(apps, 'checkSession'), methods: { GET: () => ({ status: 200, headers, body }) } }
}
