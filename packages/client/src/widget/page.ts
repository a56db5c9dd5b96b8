import { createWidget, type Page, type Widget, type WidgetOptions } from './session.ts'

interface PolicyViolation {
  readonly blockedURI?: string
  readonly disposition?: string
}

interface ScriptTag {
  readonly src?: unknown
  readonly dataset: Readonly<Record<string, string | undefined>>
}

/** The part of a browser's window that the script uses. */
export interface BrowserWindow {
  /** Of the page itself: that of its address differs in a frame without one. */
  readonly origin: string
  readonly Document: { readonly prototype: object }
  readonly document: {
    readonly hidden: boolean
    addEventListener(type: string, listener: (event: Event & PolicyViolation) => void): void
    dispatchEvent(event: Event): boolean
  }
  readonly sessionStorage: {
    getItem(name: string): string | null
    setItem(name: string, value: string): void
    removeItem(name: string): void
  }
  Sallyport?: SallyportGlobal
}

/** What the script puts on the page as `Sallyport`. */
export interface SallyportGlobal {
  /** Starts a widget; `server` is where the script came from when left out. */
  widget(options: Omit<WidgetOptions, 'server'> & { readonly server?: string }): Widget
  /** Those that a `data-agent` has started, by slug. */
  readonly widgets: Record<string, Widget>
}

/** A page of a browser. */
export function pageOf(window: BrowserWindow): Page {
  const { document } = window
  const blocked = new Set<string>()
  document.addEventListener('securitypolicyviolation', ({ blockedURI = '', disposition }) => {
    if (disposition !== 'report') blocked.add(blockedURI.split('/', 3).join('/'))
  })
  // Merely naming sessionStorage throws where the browser keeps it from the page.
  function tab<T>(use: (area: BrowserWindow['sessionStorage']) => T): T | undefined {
    try {
      return use(window.sessionStorage)
    } catch {
      return undefined
    }
  }
  return {
    origin: window.origin,
    now: () => Date.now(),
    chance: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
    later: (run, ms) => setTimeout(run, ms),
    cancel: (timer) => clearTimeout(timer as number),
    isHidden: () => document.hidden,
    onShown(shown) {
      document.addEventListener('visibilitychange', shown)
    },
    hasBlocked: (address) => blocked.has(new URL(address).origin),
    fetch: (url, init) => fetch(url, init),
    keep: (name, text) =>
      void tab((area) => (text === undefined ? area.removeItem(name) : area.setItem(name, text))),
    kept: (name) => tab((area) => area.getItem(name)) ?? undefined,
    warn: (message) => console.warn(`Sallyport: ${message}`),
  }
}

/** Puts `Sallyport` on the page, and starts the widget that the script's own tag names. */
export function installWidget(window: BrowserWindow): void {
  const { document } = window
  const page = pageOf(window)
  // Not `document.currentScript`: that may be an image of this name, in a comment that somebody left on the page.
  const script: ScriptTag | null = Reflect.get(window.Document.prototype, 'currentScript', document)
  const home = typeof script?.src === 'string' && script.src ? new URL(script.src).origin : page.origin
  const sallyport: SallyportGlobal = {
    widget: (options) => createWidget({ ...options, server: options.server ?? home }, page),
    // Of an earlier tag too; without a prototype, since slugs are names that others choose.
    widgets: window.Sallyport?.widgets ?? Object.create(null),
  }
  window.Sallyport = sallyport
  const { agent, server, path } = script?.dataset ?? {}
  if (!agent || sallyport.widgets[agent]) return
  const tell = (type: string, detail: unknown) =>
    document.dispatchEvent(new CustomEvent(`sallyport:${type}`, { detail }))
  sallyport.widgets[agent] = sallyport.widget({
    agent,
    path,
    ...(server && { server }),
    onSession: (session) => void tell('session', session),
    onProblem: (problem) => void tell('problem', problem),
  })
}
