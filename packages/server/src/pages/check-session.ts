import { createHash } from 'node:crypto'

// A page asks with `client id, space, session state`, and is told whether that is still the state of this browser, computed for the
// origin that asks: nobody learns anything of a client of another origin.
const script = (cookieName: string) => `'use strict'
const state = () => {
  const wanted = ${JSON.stringify(`${cookieName}=`)}
  const found = document.cookie.split('; ').filter((one) => one.startsWith(wanted))
  return found.length === 1 ? found[0].slice(wanted.length) : ''
}
const hashOf = async (text) => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
const answer = async (data, origin) => {
  const asked = typeof data === 'string' && data.length <= 2500 ? /^([!-~]+) ([0-9a-f]{64})\\.([\\w-]{1,100})$/.exec(data) : null
  if (!asked) return 'error'
  const [, clientId, hash, salt] = asked
  const browserState = state()
  const now = await hashOf([clientId, origin, browserState, salt].join(' '))
  return browserState !== '' && now === hash ? 'unchanged' : 'changed'
}
window.addEventListener('message', (event) => {
  const { source, origin, data } = event
  if (!source || source === window || origin === 'null') return
  answer(data, origin).then(
    (said) => source.postMessage(said, origin),
    () => source.postMessage('error', origin),
  )
})
`

/** A page with its headers. */
export interface WatchingPage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * The page that apps frame to watch whether somebody is still signed in. The only one of ours with a script, which the policy names by
 * its hash, and the only one that anybody may frame: it shows nothing, takes no click, and knows nothing but one opaque cookie.
 * @see OpenID Session Management §3.2
 */
export function checkSessionPage(cookieName: string): WatchingPage {
  const text = script(cookieName)
  const hash = createHash('sha256').update(text).digest('base64')
  return {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'public, max-age=300',
      'Content-Security-Policy': `default-src 'none'; script-src 'sha256-${hash}'; form-action 'none'; base-uri 'none'`,
      // Pages that isolate themselves may frame it too.
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
    body: `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Session</title>\n<script>${text}</script>\n</html>\n`,
  }
}
