import { type App, call, fresh, newApp, newPerson, newTeam, type Person, signedInBrowser } from './actors.ts'
import type { Browser } from './browser.ts'
import { type Answer, text } from './http.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'

/** Names of the grant types that a door has only when it is set to. */
export const grantType = {
  device: 'urn:ietf:params:oauth:grant-type:device_code',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  assertion: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  backchannel: 'urn:openid:params:grant-type:ciba',
} as const

const documented = ['authorization_code', 'refresh_token', 'client_credentials']

/** A server whose first apps door takes these grants besides the documented ones. */
export function startWith(
  more: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
  options: ServerOptions = {},
): Promise<TestServer> {
  const grantTypes = [...documented, ...more]
  return startServer({ ...options, doors: { ...options.doors, openchatstudio: { grantTypes, ...settings } } })
}

/** A person in a team, signed in in a browser. */
export interface Somebody {
  readonly person: Person
  readonly team: string
  readonly teamId: string
  readonly browser: Browser
}

/** Somebody new, in a team of their own choosing. */
export async function somebody(server: TestServer): Promise<Somebody> {
  const person = await newPerson(server)
  const team = fresh('team')
  const teamId = await newTeam(server, team, [person])
  return { person, team, teamId, browser: await signedInBrowser(server, person) }
}

/** An app for a device: no browser, no secret, no redirect address. */
export function newDeviceApp(server: TestServer, more: object = {}): Promise<App> {
  return newApp(server, {
    door: 'openchatstudio',
    type: 'public',
    name: 'Living room screen',
    grant_types: [grantType.device, 'refresh_token'],
    scope: 'chatbot:read session:read',
    ...more,
  })
}

/** What names and proves an app in a form. */
export const credentials = ({ clientId, secret }: App): Readonly<Record<string, string>> => ({
  client_id: clientId,
  ...(secret !== '' && { client_secret: secret }),
})

/** A device's first request. */
export function askForDevice(
  server: TestServer,
  app: App,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(server, '/o/device_authorization', { form: { ...credentials(app), ...more } })
}

/** A device's question whether it was decided. */
export function pollDevice(
  server: TestServer,
  app: App,
  deviceCode: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(server, '/o/token', {
    form: { grant_type: grantType.device, device_code: deviceCode, ...credentials(app), ...more },
  })
}

/** The page on which a person decides about a code. */
export async function enterCode({ browser }: Pick<Somebody, 'browser'>, userCode: string): Promise<Answer> {
  return browser.submit(await browser.open('/device'), { user_code: userCode })
}

/** Approves a device. */
export async function approveDevice(who: Pick<Somebody, 'browser'>, userCode: string): Promise<Answer> {
  return who.browser.submit(await enterCode(who, userCode), { decision: 'approve' })
}

/** A device that somebody approved and that has its tokens. */
export async function deviceTokens(server: TestServer, who: Somebody, app: App): Promise<Answer> {
  const asked = await askForDevice(server, app)
  await approveDevice(who, text(asked, 'user_code'))
  return pollDevice(server, app, text(asked, 'device_code'))
}

/** Disconnects an app on somebody's account page. */
export async function disconnect({ browser }: Pick<Somebody, 'browser'>, { clientId }: App): Promise<void> {
  const page = await browser.open('/account')
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const answer = await browser.open(`/account/apps/${clientId}/disconnect`, {
    method: 'POST',
    form: { csrf },
  })
  if (answer.status !== 303) throw new Error(`disconnecting answered ${answer.status} ${answer.text}`)
}

/** The type of an access token. @see RFC 8693 §3 */
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** Exchanges an access token for one of `app`. */
export function exchangeToken(
  server: TestServer,
  app: App,
  subjectToken: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(server, '/o/token', {
    form: {
      grant_type: grantType.exchange,
      subject_token: subjectToken,
      subject_token_type: accessTokenType,
      ...credentials(app),
      ...more,
    },
  })
}
