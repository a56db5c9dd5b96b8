import { parseQuery } from '@sallyport/protocol'
import { demoCallbackPage } from '../../pages/index.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import type { Door, Request } from '../door.ts'
import { page, refuseAsPage } from '../page.ts'
import type { Services } from '../services.ts'

/** Where the apps of a demonstration receive their answers; a loopback address, so any port of it will do. */
export const demoCallbackPath = '/demo/callback'

/** Keeps what came in a query from ending the quoted word that it is shown in. */
const quoted = (value: string) => `'${value.replaceAll("'", '')}'`

function command(door: AppsDoor, code: string, redirectUri: string, baseUrl: string): string {
  const fields = {
    grant_type: 'authorization_code',
    code,
    client_id: '$CLIENT_ID',
    client_secret: '$CLIENT_SECRET',
    redirect_uri: redirectUri,
  }
  const data = Object.entries(fields).map(([name, value]) =>
    value.startsWith('$') ? `-d "${name}=${value}"` : `-d ${quoted(`${name}=${value}`)}`,
  )
  return `curl ${baseUrl}${door.path}/${door.endpoints.token} ${data.join(' ')}`
}

function answer(request: Request, { doors, baseUrl }: Services): string {
  const query = parseQuery(request.search)
  const params = query.outcome === 'ok' ? query.params : new Map<string, string>()
  const [code, issuer, error] = [params.get('code'), params.get('iss'), params.get('error')]
  const door = doors.find((one): one is AppsDoor => one.kind === 'apps' && issuerOf(one, baseUrl) === issuer)
  if (code === undefined || !door) return demoCallbackPage({ error })
  const port = new URL(baseUrl).port
  const redirectUri = `http://127.0.0.1${port === '' ? '' : `:${port}`}${demoCallbackPath}`
  return demoCallbackPage({ code, command: command(door, code, redirectUri, baseUrl) })
}

/** The app of a demonstration, so that a code flow can be walked in a browser. Mounted only where one was asked for. */
export function demoDoor(services: Services): Door {
  return {
    id: 'demo',
    prefixes: ['/demo'],
    endpoints: [
      {
        path: demoCallbackPath,
        methods: { GET: (request) => page(answer(request, services)) },
        refuse: refuseAsPage,
      },
    ],
    refuse: refuseAsPage,
  }
}
