import type { IncomingMessage, RequestListener } from 'node:http'

interface AuthJs {
  Auth(request: Request, config: Readonly<Record<string, unknown>>): Promise<Response>
}

// By a name that the compiler doesn't follow: the types of Auth.js bring those of a browser's page with them, for every file here.
const name: string = '@auth/core'
const { Auth }: AuthJs = await import(name)

async function toRequest(incoming: IncomingMessage, origin: string): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const headers = new Headers()
  for (const [header, value] of Object.entries(incoming.headers)) headers.set(header, String(value))
  const { method = 'GET', url = '/' } = incoming
  return new Request(origin + url, {
    method,
    headers,
    ...(method === 'POST' && { body: Buffer.concat(chunks) }),
  })
}

/** A site at `origin` whose paths below `/auth` are Auth.js, set up like that; its other pages are empty. */
export function authJsListener(origin: string, config: Readonly<Record<string, unknown>>): RequestListener {
  return (incoming, outgoing) =>
    void (async () => {
      if (!incoming.url?.startsWith('/auth/')) return outgoing.end()
      const response = await Auth(await toRequest(incoming, origin), config)
      const others = [...response.headers].filter(([header]) => header !== 'set-cookie')
      const cookies = response.headers.getSetCookie()
      outgoing.writeHead(response.status, { ...Object.fromEntries(others), 'set-cookie': cookies })
      return outgoing.end(await response.text())
    })()
}
