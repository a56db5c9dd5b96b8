import {
  type App,
  type Flow,
  exchange,
  fresh,
  getCode,
  newApp,
  newPerson,
  newPkce,
  newTeam,
  type Person,
  signedInBrowser,
} from './actors.ts'
import type { Browser } from './browser.ts'
import { type Answer, text } from './http.ts'
import type { TestServer } from './server.ts'

/** The document's redirect address. */
export const callback = 'https://your-server/callback/'

/** A person in a team, signed in, with an app that may ask for chatbots and sessions. */
export interface Scene {
  readonly server: TestServer
  readonly person: Person
  readonly team: string
  readonly teamId: string
  readonly app: App
  readonly browser: Browser
}

/** Sets a scene; `app` changes the client's metadata. */
export async function newScene(server: TestServer, app: object = {}): Promise<Scene> {
  const person = await newPerson(server)
  const team = fresh('team')
  const teamId = await newTeam(server, team, [person])
  const registered = await newApp(server, {
    door: 'openchatstudio',
    redirect_uris: [callback],
    scope: 'chatbot:read session:read',
    ...app,
  })
  return { server, person, team, teamId, app: registered, browser: await signedInBrowser(server, person) }
}

/** A code flow of a scene, as the document has it. */
export function newFlow({ app }: Pick<Scene, 'app'>, more: Partial<Flow> = {}): Flow {
  return {
    app,
    redirectUri: callback,
    authorize: '/o/authorize/',
    pkce: newPkce(),
    more: { state: 'random_state_string' },
    ...more,
  }
}

/** A code and the flow that it belongs to. */
export async function newCode(
  scene: Scene,
  more: Partial<Flow> = {},
): Promise<{ readonly flow: Flow; readonly code: string }> {
  const flow = newFlow(scene, more)
  return { flow, code: await getCode(scene.browser, flow) }
}

/** Exchanges a code at the document's endpoint. */
export function redeem(
  server: TestServer,
  flow: Flow,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return exchange(server, '/o/token/', flow, code, more)
}

/** The tokens of a complete flow. */
export async function newTokens(
  scene: Scene,
  more: Partial<Flow> = {},
): Promise<{ readonly access: string; readonly refresh: string; readonly answer: Answer }> {
  const { flow, code } = await newCode(scene, more)
  const answer = await redeem(scene.server, flow, code)
  return { access: text(answer, 'access_token'), refresh: text(answer, 'refresh_token'), answer }
}
