import type { Person } from './actors.ts'
import { type Browser, createBrowser } from './browser.ts'
import type { Answer } from './http.ts'
import type { TestServer } from './server.ts'

/** Where somebody's browser has arrived: at an address that nobody serves here `answer` is left out. */
export interface Arrival {
  readonly url: URL
  readonly answer?: Answer
}

/** A person who is new to this browser, and what they say when they are asked. */
export interface Visitor {
  readonly browser: Browser
  /**
   * Opens an address and goes where they are sent: they sign in and decide on this server's pages, and stop at anything else, and
   * before an address that begins with `stopAt`.
   */
  visit(address: string | URL, decision?: 'approve' | 'deny', stopAt?: string): Promise<Arrival>
}

/** What the person does on a page of the server; `undefined` where there is nothing to do. */
function fieldsFor(
  html: string,
  { email, password }: Pick<Person, 'email' | 'password'>,
  decision: 'approve' | 'deny',
): Readonly<Record<string, string>> | undefined {
  if (html.includes('name="password"')) return { email, password }
  if (html.includes('name="decision"')) return { decision }
  // A code that came with the address: they go on, and are asked.
  if (/name="user_code"[^>]*value="[^"]/.test(html)) return {}
  return undefined
}

// What tells a person who opens a page from a script.
const headers = { Accept: 'text/html,application/xhtml+xml' }

/** A person's browser that goes from site to site on this machine. */
export function newVisitor(server: TestServer, person: Pick<Person, 'email' | 'password'>): Visitor {
  const browser = createBrowser(server.base)

  async function visit(
    address: string | URL,
    decision: 'approve' | 'deny' = 'approve',
    stopAt?: string,
  ): Promise<Arrival> {
    const isServed = ({ protocol, hostname, href }: URL) =>
      protocol === 'http:' && hostname === '127.0.0.1' && (stopAt === undefined || !href.startsWith(stopAt))
    const open = async (url: URL): Promise<Arrival> =>
      isServed(url) ? { url, answer: await browser.open(url.href, { headers }) } : { url }
    let at = await open(new URL(address))
    for (let steps = 0; steps < 30; steps += 1) {
      const { url, answer } = at
      if (!answer) return at
      const { location } = answer.headers
      const isOurs = url.origin === server.base && answer.status === 200
      const fields = isOurs ? fieldsFor(answer.text, person, decision) : undefined
      if (location !== undefined) at = await open(new URL(location, url))
      else if (fields) at = { url, answer: await browser.submit(answer, fields) }
      else return at
    }
    throw new Error(`sent on and on, lastly to ${at.url.href}`)
  }
  return { browser, visit }
}
