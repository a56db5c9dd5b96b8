/** Apps that a document describes, and that hear of logout by what it says. @see draft-ietf-oauth-client-id-metadata-document-02 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { after, before, test } from 'node:test'
import { exchange, getCode, newPerson, newPkce, newTeam, fresh, signedInBrowser } from '../support/actors.ts'
import { type Authority, hasOpenssl, newAuthority } from '../support/certificates.ts'
import { text } from '../support/http.ts'
import { claimsOf, logoutPath, startLogoutServer } from '../support/logout.ts'
import type { TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const skip = !hasOpenssl && 'openssl is not on this machine'

let authority: Authority
let host: Server
let origin = ''
let server: TestServer
const heard: string[] = []
const bye = 'https://notes.example/bye'

before(async () => {
  if (skip) return
  authority = await newAuthority()
  const { cert, key } = await authority.issue({ subject: '/CN=app', names: ['IP:127.0.0.1'] })
  host = createServer({ cert, key }, (request, response) => {
    const document = {
      client_id: `${origin}/client.json`,
      client_name: 'Notes',
      redirect_uris: ['https://notes.example/cb'],
      post_logout_redirect_uris: [bye],
      backchannel_logout_uri: `${origin}/out`,
      frontchannel_logout_uri: 'https://for-another-server.example/out',
    }
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (request.url === '/out') heard.push(new URLSearchParams(body).get('logout_token') ?? '')
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(request.url === '/out' ? '' : JSON.stringify(document))
    })
  })
  host.listen(0, '127.0.0.1')
  await once(host, 'listening')
  const address = host.address()
  origin = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  server = await startLogoutServer(
    { clientDocuments: {} },
    { privateNetworks: ['127.0.0.0/8'], extraCertificates: authority.certPath },
  )
})
after(async () => {
  if (skip) return
  host.closeAllConnections()
  host.close()
  await server.close()
  await authority.close()
})

test('such an app is told, goes back where its document says, and what it says for others is left out', {
  skip,
}, async () => {
  const person = await newPerson(server)
  await newTeam(server, fresh('team'), [person])
  const browser = await signedInBrowser(server, person)
  const flow = {
    app: { clientId: `${origin}/client.json`, secret: '' },
    redirectUri: 'https://notes.example/cb',
    authorize: '/o/authorize/',
    scope: 'openid',
    pkce: newPkce(),
    more: { state: 's' },
  }
  const tokens = await exchange(server, '/o/token/', flow, await getCode(browser, flow))
  const idToken = text(tokens, 'id_token')
  const answer = await browser.open(logoutPath({ id_token_hint: idToken, post_logout_redirect_uri: bye }))
  assert.equal(answer.status, 303, 'at once: there is nothing to frame')
  assert.equal(answer.headers.location, bye)
  await until(() => heard.length === 1)
  const claims = claimsOf(heard[0] ?? '')
  assert.equal(claims['aud'], flow.app.clientId)
  assert.equal(claims['iss'], server.base)
  assert.equal(claims['sid'], claimsOf(idToken)['sid'])
})
