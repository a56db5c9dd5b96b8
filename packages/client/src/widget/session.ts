import {
  isFinal,
  problemCode,
  problemWords,
  waitAfter,
  type WidgetPlace,
  type WidgetProblemCode,
} from './decide.ts'

/** A session of a widget on this page. */
export interface WidgetSession {
  /** For `Authorization: Bearer`, from this page only. */
  readonly token: string
  /** When it is renewed and when it ends, in milliseconds since the epoch. */
  readonly renewAt: number
  readonly endsAt: number
  /** The whole answer: `session_id`, `room_name`, `greeting` and what else the server tells. */
  readonly answer: Readonly<Record<string, unknown>>
}

/** Why there is no session. The message is for people. */
export interface WidgetProblem extends Error {
  readonly code: WidgetProblemCode
  /** Whether it stays so until somebody changes something; otherwise it is tried again. */
  readonly final: boolean
  readonly status: number | undefined
  /** Seconds. */
  readonly retryAfter: number | undefined
}

/** Which widget, and who wants to hear of it. */
export interface WidgetOptions {
  /** The widget's slug. */
  readonly agent: string
  /** Such as `https://login.example.com`. */
  readonly server: string
  /** Where sessions start; `/api/agents/agent-session/` when left out. */
  readonly path?: string | undefined
  /** Hears of each session: the first, and those that it is renewed by. */
  readonly onSession?: (session: WidgetSession) => void
  readonly onProblem?: (problem: WidgetProblem) => void
}

/** What a widget needs of its page. */
export interface Page {
  readonly origin: string
  /** Milliseconds since the epoch. */
  now(): number
  /** From 0 up to 1. */
  chance(): number
  later(run: () => void, ms: number): unknown
  cancel(timer: unknown): void
  isHidden(): boolean
  /** Calls back whenever the page is shown again. */
  onShown(shown: () => void): void
  /** Whether the page's policy has kept it from calling an address. */
  hasBlocked(address: string): boolean
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Keeps a text for this tab; does nothing where the browser does not allow it. */
  keep(name: string, text: string | undefined): void
  kept(name: string): string | undefined
  warn(message: string): void
}

/** A running widget. */
export interface Widget {
  /** A session that lasts; starts one if there is none. Rejects with a `WidgetProblem`. */
  session(): Promise<WidgetSession>
  /** Another session, after the API has refused the token of this one. */
  renew(): Promise<WidgetSession>
  /** Ends the renewing. */
  stop(): void
}

/** The session of an answer; `undefined` when it holds none. */
export function readSession(answer: unknown, sentAt: number): WidgetSession | undefined {
  const { token, expires_in_seconds: lifetime } = (answer ?? {}) as Readonly<Record<string, unknown>>
  if (typeof token !== 'string' || token === '' || typeof lifetime !== 'number' || !(lifetime > 0))
    return undefined
  const endsAt = sentAt + lifetime * 1000
  // A minute ahead of its end, less for one that lives for less than ten.
  const renewAt = endsAt - Math.min(60_000, lifetime * 100)
  return { token, renewAt, endsAt, answer: answer as WidgetSession['answer'] }
}

/** The session that an earlier page of this tab has left, if it lasts. */
export function keptSession(text: string | undefined, now: number): WidgetSession | undefined {
  try {
    const { token, renewAt, endsAt, answer } = JSON.parse(text ?? '{}') as Partial<WidgetSession>
    if (typeof token !== 'string' || typeof renewAt !== 'number' || typeof endsAt !== 'number')
      return undefined
    return now < renewAt ? { token, renewAt, endsAt, answer: answer ?? {} } : undefined
  } catch {
    // Not ours.
    return undefined
  }
}

/** A refusal, or the lack of an answer, as an error with words. */
export function createProblem(
  refusal: { readonly status?: number; readonly retryAfter?: number },
  place: WidgetPlace,
  page: Page,
): WidgetProblem {
  const { status, retryAfter } = refusal
  const code = problemCode(status, page.hasBlocked(place.server))
  const words = new Error(problemWords(code, place, status))
  return Object.assign(words, { name: 'WidgetProblem', code, final: isFinal(code), status, retryAfter })
}

/** Asks the server for a session, once. Throws a `WidgetProblem`. */
export async function askForSession(url: string, place: WidgetPlace, page: Page): Promise<WidgetSession> {
  const sentAt = page.now()
  const response = await page
    .fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agent: place.agent }),
      // What counts is the origin; cookies have no part in it.
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    })
    .catch(() => undefined)
  // Without an answer: a violation of the page's policy is told in an event of its own, a moment later.
  if (!response) await new Promise<void>((resolve) => page.later(resolve, 20))
  const body: unknown = await response?.json().catch(() => undefined)
  const session = response?.ok ? readSession(body, sentAt) : undefined
  if (session) return session
  // A page of another origin can't read Retry-After; the body says it too.
  const { available_in: wait } = (body ?? {}) as { readonly available_in?: unknown }
  const retryAfter = typeof wait === 'number' && wait >= 0 ? Math.min(wait, 3600) : undefined
  throw createProblem(
    { ...(response && { status: response.status }), ...(retryAfter !== undefined && { retryAfter }) },
    place,
    page,
  )
}

/** Hands a value on, and tells a listener of it in a task of its own: what that does, or throws, changes nothing here. */
export function tell<T>(page: Page, listener: ((value: T) => void) | undefined, value: T): T {
  if (listener) page.later(() => listener(value), 0)
  return value
}

/** Where a widget stands. */
export interface WidgetState {
  readonly session: WidgetSession | undefined
  readonly problem: WidgetProblem | undefined
  readonly failures: number
  /** When the next request is due. */
  readonly dueAt: number
}

/** Where a widget stands once it has a session, or none yet. */
export function stateWith(session: WidgetSession | undefined): WidgetState {
  return { session, problem: undefined, failures: 0, dueAt: session ? session.renewAt : 0 }
}

/** Where it stands after a problem: the session that it has lasts, unless the server would have none of it. */
export function stateAfter(
  { session, failures }: WidgetState,
  problem: WidgetProblem,
  now: number,
  chance: number,
): WidgetState {
  const count = failures + 1
  const dueAt = now + waitAfter(count, problem.retryAfter, chance)
  return { session: problem.final ? undefined : session, problem, failures: count, dueAt }
}

/**
 * Starts a widget: gets a session once the page is seen, renews it ahead of its end while the page is seen, and tries again
 * with growing waits what may pass. A session outlives a change of page in the same tab.
 */
export function createWidget(options: WidgetOptions, page: Page): Widget {
  const { agent, server, path = '/api/agents/agent-session/', onSession, onProblem } = options
  const url = server + path
  const name = `sallyport ${url} ${agent}`
  let state = stateWith(keptSession(page.kept(name), page.now()))
  let flight: Promise<WidgetSession> | undefined
  let timer: unknown
  let stopped = false

  function stand(next: WidgetState): void {
    if (next.session !== state.session) page.keep(name, next.session && JSON.stringify(next.session))
    if (next.problem && next.problem.code !== state.problem?.code) page.warn(next.problem.message)
    state = next
  }
  async function start(): Promise<WidgetSession> {
    try {
      const session = await askForSession(url, { origin: page.origin, agent, server }, page)
      stand(stateWith(session))
      return tell(page, onSession, session)
    } catch (error) {
      // Handed on to whoever asked, once it is known when to try again.
      const problem = error as WidgetProblem
      stand(stateAfter(state, problem, page.now(), page.chance()))
      throw tell(page, onProblem, problem)
    } finally {
      flight = undefined
      wake()
    }
  }
  // A timer of a page that was hidden or asleep comes late or never, so the time is looked at anew whenever it is seen.
  function wake(): void {
    page.cancel(timer)
    if (stopped || flight || page.isHidden()) return
    const left = state.dueAt - page.now()
    if (left > 0) timer = page.later(wake, Math.min(left, 2 ** 31 - 1))
    else void obtain(true).catch(() => undefined)
  }
  function obtain(renewing = false): Promise<WidgetSession> {
    const { session, problem, dueAt } = state
    if (!renewing && session && page.now() < session.endsAt - 5000) return Promise.resolve(session)
    if (problem && (problem.final || page.now() < dueAt)) return Promise.reject(problem)
    flight ??= start()
    return flight
  }

  page.onShown(wake)
  if (state.session) tell(page, onSession, state.session)
  wake()
  return {
    session: () => obtain(),
    renew() {
      stand({ ...state, session: undefined })
      return obtain()
    },
    stop() {
      stopped = true
      page.cancel(timer)
    },
  }
}
