import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, newApp } from '../support/actors.ts'
import { type Answer, text } from '../support/http.ts'
import { credentials, grantType, somebody, startWith } from '../support/grants.ts'
import type { TestServer } from '../support/server.ts'

// OpenID CIBA Core §14: a person is not asked until they give in.
let server: TestServer
before(async () => {
  server = await startWith([grantType.backchannel])
})
after(() => server.close())

test('one client asks one person ten times, however it names them', async () => {
  const who = await somebody(server)
  const app = await newApp(server, {
    door: 'openchatstudio',
    grant_types: [grantType.backchannel, 'refresh_token'],
    scope: 'openid chatbot:read',
  })
  const ask = (hint: Readonly<Record<string, string>>): Promise<Answer> =>
    call(server, '/o/backchannel_authentication', {
      form: { scope: 'openid chatbot:read', ...credentials(app), ...hint },
    })
  const byName = { login_hint: who.person.email }
  const first = await ask(byName)
  const link =
    /href="(\/account\/requests\/[^"]+)"/.exec((await who.browser.open('/account')).text)?.[1] ?? ''
  await who.browser.submit(await who.browser.open(link), { decision: 'approve' })
  const tokens = await call(server, '/o/token', {
    form: { grant_type: grantType.backchannel, auth_req_id: text(first, 'auth_req_id'), ...credentials(app) },
  })
  const refresh = () =>
    call(server, '/o/token', {
      form: {
        grant_type: 'refresh_token',
        refresh_token: text(tokens, 'refresh_token'),
        ...credentials(app),
      },
    })
  const statuses: number[] = []
  for (let count = 0; count < 12; count += 1) {
    // Each refresh brings another ID token of the same person.
    const id_token_hint = text(await refresh(), 'id_token')
    statuses.push((await ask({ id_token_hint })).status)
  }
  assert.deepEqual(statuses, [...Array.from({ length: 9 }, () => 200), 429, 429, 429])
  assert.equal((await ask(byName)).status, 429)
})
