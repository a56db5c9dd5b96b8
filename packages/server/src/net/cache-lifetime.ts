import type { IncomingHttpHeaders } from 'node:http'

// The one form that is written today: `Date.parse` alone would take anything for a date, even `0`.
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const moment = (text: string | undefined): number | undefined => {
  const at = text !== undefined && httpDate.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000)
}

/**
 * For how many seconds an answer is fresh by its own word: `max-age` less its `Age`, or else `Expires` less `Date`; 0 where it is not
 * to be kept; `undefined` where it says nothing. Ours is no shared cache, so `s-maxage` is not for it.
 * @see RFC 9111 §4.2.1, §5.2.2
 */
export function cacheLifetime(headers: IncomingHttpHeaders): number | undefined {
  const directives = (headers['cache-control'] ?? '').split(',').map((one) => one.trim().toLowerCase())
  if (directives.some((one) => one === 'no-store' || one === 'no-cache' || one.startsWith('no-cache=')))
    return 0
  const told = directives.flatMap((one) => /^max-age="?(\d{1,10})"?$/.exec(one)?.[1] ?? [])
  if (told.length > 0) {
    const age = /^\d{1,10}$/.test(headers.age ?? '') ? Number(headers.age) : 0
    // Said twice it may mean either: the shorter is safe.
    return Math.max(0, Math.min(...told.map(Number)) - age)
  }
  if (headers.expires === undefined) return undefined
  const [expires, date] = [moment(headers.expires), moment(headers.date)]
  return expires === undefined || date === undefined ? 0 : Math.max(0, expires - date)
}
