/** Forms for addresses that somebody else wrote. A real server with real TLS, which does to us what it can. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { after, before, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Authority, hasOpenssl, newAuthority } from '../../../../test/support/certificates.ts'
import { type FormPost, type PostAnswer, postForm } from '../../src/net/post-form.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'

let authority: Authority
let server: Server
let origin = ''
const asked: string[] = []

const answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/ok': (_, response) => response.end(),
  '/204': (_, response) => response.writeHead(204).end(),
  '/redirect': (_, response) => response.writeHead(302, { location: `${origin}/ok` }).end(),
  '/endless': (_, response) => {
    response.writeHead(200)
    const more = () => response.write('x'.repeat(60_000), more)
    more()
  },
  '/silent': () => {},
  '/broken': (request) => request.socket.destroy(),
}

before(async () => {
  if (skip) return
  authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=app', names: ['IP:127.0.0.1'] })
  setDefaultCACertificates([...getCACertificates('default'), authority.cert])
  server = createServer({ cert, key }, (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`)
      answers[request.url ?? '']?.(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  origin = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
after(async () => {
  if (skip) return
  server.closeAllConnections()
  server.close()
  await authority.close()
})

const post = (url: string, more: Partial<FormPost> = {}): Promise<PostAnswer> =>
  postForm({
    url,
    fields: { logout_token: 'a.b&c' },
    timeoutMs: 20_000,
    privateNetworks: ['127.0.0.0/8'],
    signal: new AbortController().signal,
    ...more,
  })

const statuses: [path: string, status: number][] = [
  ['/ok', 200],
  ['/204', 204],
  ['/redirect', 302],
  ['/endless', 200],
]
for (const [path, status] of statuses) {
  test(`a form is sent once, and ${path} is ${status} without its body`, { skip }, async () => {
    asked.length = 0
    assert.deepEqual(await post(origin + path), { outcome: 'answered', status })
    assert.deepEqual(asked, [`POST ${path} application/x-www-form-urlencoded logout_token=a.b%26c`])
  })
}

const refused: [name: string, path: string, reason: RegExp, more?: Partial<FormPost>][] = [
  ['an answer that never comes', '/silent', /^took too long$/, { timeoutMs: 300 }],
  ['a connection that breaks', '/broken', /^failed: /],
  ['a network that is not allowed', '/ok', /private network/, { privateNetworks: [] }],
  ['a server that stops', '/ok', /^failed/, { signal: AbortSignal.abort() }],
]
for (const [name, path, reason, more] of refused) {
  test(`refused: ${name}`, { skip }, async () => {
    const answer = await post(origin + path, more)
    assert.match(answer.outcome === 'refuse' ? answer.reason : 'answered', reason)
  })
}

test('plain http, and a certificate of nobody that is known, are not spoken to', { skip }, async () => {
  assert.deepEqual(await post('http://127.0.0.1/'), { outcome: 'refuse', reason: 'not https' })
  const stranger = createServer(await authority.selfSigned({ subject: '/CN=x', names: ['IP:127.0.0.1'] }))
  stranger.listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const address = stranger.address()
  const answer = await post(`https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`)
  assert.match(
    answer.outcome === 'refuse' ? answer.reason : 'answered',
    /^failed: DEPTH_ZERO_SELF_SIGNED_CERT/,
  )
  stranger.close()
})
