import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authorizePath, call, responseOf } from '../support/actors.ts'
import { newFlow, newScene, redeem, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startSigner, type TestSigner } from '../support/signer.ts'

// JARM §2.1 where signing is somebody else's work: a response that can't be signed uses nothing up.
let signer: TestSigner
let server: TestServer
let scene: Scene
before(async () => {
  signer = await startSigner('kms/keys/1')
  const openchatstudio = { responseModes: ['query', 'query.jwt'], pushedRequests: 'optional' }
  server = await startServer({ signerUrl: signer.url, doors: { openchatstudio } })
  scene = await newScene(server)
})
after(async () => {
  await server.close()
  await signer.close()
})

for (const decision of ['approve', 'deny']) {
  test(`a pushed request whose answer (${decision}) can’t be signed is answered once it can`, async () => {
    const flow = newFlow(scene, { team: scene.team, more: { response_mode: 'jwt', prompt: 'consent' } })
    const form = [
      ...new URL(authorizePath(flow), server.base).searchParams,
      ['client_secret', scene.app.secret],
    ] as const
    const { json } = await call(server, '/o/par', { form })
    const query = new URLSearchParams({
      client_id: scene.app.clientId,
      request_uri: String(json['request_uri']),
    })
    const page = await scene.browser.open(`/o/authorize/?${query}`)
    await signer.change({ mode: 'fails' })
    const failed = await scene.browser.submit(page, { decision })
    assert.equal(failed.status, 503)
    assert.match(failed.headers['content-type'] ?? '', /^text\/html/)
    assert.equal(failed.headers.location, undefined)
    await signer.change({ mode: 'works' })
    const answer = await scene.browser.submit(page, { decision })
    const [, payload = ''] = (responseOf(answer).get('response') ?? '').split('.')
    const { code, error } = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (decision === 'deny') assert.equal(error, 'access_denied')
    else assert.equal((await redeem(server, flow, code)).status, 200)
  })
}
