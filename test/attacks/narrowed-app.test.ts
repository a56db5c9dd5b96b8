import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { administer, call } from '../support/actors.ts'
import { credentials } from '../support/grants.ts'
import { type Answer, text } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

// RFC 6749 §3.3, §6: what an administrator takes away from an app it does not refresh for another ninety days.
let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.close())

test('an app that may have less refreshes for less, and for as much as before when it may again', async () => {
  const scene = await newScene(server)
  const { refresh } = await newTokens(scene)
  const may = (scope: string) => administer(server, 'PATCH', `/clients/${scene.app.clientId}`, { scope })
  let refresh_token = refresh
  const ask = async (scope?: string): Promise<Answer> => {
    const form = { grant_type: 'refresh_token', refresh_token, ...(scope !== undefined && { scope }) }
    const answer = await call(server, '/o/token/', { form: { ...form, ...credentials(scene.app) } })
    if (answer.status === 200) refresh_token = text(answer, 'refresh_token')
    return answer
  }
  const told = async () => {
    const form = { token: refresh_token, ...credentials(scene.app) }
    const { active, scope } = (await call(server, '/o/introspect/', { form })).json
    return { active, scope }
  }
  assert.deepEqual(await told(), { active: true, scope: 'chatbot:read session:read' })
  await may('chatbot:read')
  assert.deepEqual(
    await told(),
    { active: true, scope: 'chatbot:read' },
    'introspection tells what a refresh gives',
  )
  assert.equal((await ask()).json['scope'], 'chatbot:read')
  assert.deepEqual([(await ask('session:read')).json['error']], ['invalid_scope'])
  assert.equal((await ask('chatbot:read session:read')).json['scope'], 'chatbot:read')
  await may('chatbot:write')
  assert.equal((await ask()).json['error'], 'invalid_scope', 'nothing is left')
  assert.deepEqual(await told(), { active: false, scope: undefined })
  await may('chatbot:read session:read')
  assert.equal((await ask()).json['scope'], 'chatbot:read session:read')
})
