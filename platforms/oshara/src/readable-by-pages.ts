import type { FetchMount } from 'sallyport'

/** Nothing that could not be an origin goes back into a header. */
const originShape = /^[\x21-\x7e]{1,300}$/
const preflight = {
  'access-control-allow-methods': 'GET',
  'access-control-allow-headers': 'authorization',
  'access-control-max-age': '600',
}

/**
 * Lets pages of any origin read what a widget's token opens, refusals included; cookies are never part of it. Which page
 * the token is good for is the guard's to say, and a preflight carries no token.
 *
 * @see Fetch Standard §3.2
 */
export function readableByPages(mount: FetchMount): FetchMount {
  return {
    ...mount,
    async fetch(request, info) {
      const origin = request.headers.get('origin') ?? ''
      const cors = {
        vary: 'Origin',
        ...(originShape.test(origin) && { 'access-control-allow-origin': origin }),
      }
      if (request.method === 'OPTIONS')
        return new Response(null, { status: 204, headers: { ...cors, ...preflight } })
      const response = await mount.fetch(request, info)
      for (const [name, value] of Object.entries(cors)) response.headers.set(name, value)
      return response
    },
  }
}
