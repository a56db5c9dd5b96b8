/** A Flask app with Authlib: its integration for Flask signs people in, its session for requests does the rest. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { exportPKCS8 } from 'jose'
import { type App, call, newApp, newMachine, newPerson, type Person } from '../support/actors.ts'
import { newClientKey } from '../support/assertions.ts'
import { type Answer, send, text } from '../support/http.ts'
import { programsFolder, runs, type RunningProgram, startProgram } from '../support/program.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

// Debian's own Python first: that is where its packages are.
const python = ['/usr/bin/python3', 'python3'].find((path) =>
  runs(path, '-c', 'import authlib, requests, flask, cryptography'),
)
const machineMethods = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
] as const

let server: TestServer
let person: Person
let running: RunningProgram | undefined
const program = () => running ?? assert.fail('the app did not start')

async function newMachines(): Promise<Readonly<Record<string, object>>> {
  const key = await newClientKey('one')
  const machines: Record<string, object> = {}
  for (const token_endpoint_auth_method of machineMethods) {
    const byKey = token_endpoint_auth_method === 'private_key_jwt'
    const { clientId: id, secret } = await newMachine(server, {
      token_endpoint_auth_method,
      ...(byKey && { jwks: { keys: [key.jwk] } }),
    })
    machines[token_endpoint_auth_method] = {
      id,
      ...(byKey ? { key: await exportPKCS8(key.privateKey) } : { secret }),
    }
  }
  return machines
}

describe('Authlib', {
  skip:
    python === undefined && 'Python with Authlib, requests and Flask is not on this machine; CI installs it',
}, () => {
  before(async () => {
    server = await startServer({
      // Authlib verifies by its own clock.
      startAt: Math.floor(Date.now() / 1000),
      doors: { openchatstudio: { clientAuth: [...machineMethods, 'none'] } },
    })
    person = await newPerson(server)
    const port = await freePort()
    const register = (name: string, type: string): Promise<App> =>
      newApp(server, {
        door: 'openchatstudio',
        type,
        redirect_uris: [`http://127.0.0.1:${port}/${name}/callback`],
        scope: 'openid profile chatbot:read',
      })
    const [app, wrong, mobile] = await Promise.all([
      register('app', 'confidential'),
      register('wrong', 'confidential'),
      register('public', 'public'),
    ])
    const clients = {
      app: { id: app.clientId, secret: app.secret },
      wrong: { id: wrong.clientId, secret: 'wrong' },
      public: { id: mobile.clientId },
      ...(await newMachines()),
    }
    running = await startProgram({
      command: [python ?? '', '-B', join(programsFolder, 'authlib_app.py')],
      port,
      env: { SERVER: server.base, PORT: String(port), CLIENTS: JSON.stringify(clients) },
    })
  })
  after(async () => {
    await running?.close()
    await server.close()
  })

  async function login(name: string, decision?: 'approve' | 'deny'): Promise<Answer> {
    const { answer } = await newVisitor(server, person).visit(`${program().url}/${name}/login`, decision)
    return answer ?? assert.fail('not at the app')
  }
  const ask = async (path: string): Promise<Answer> => {
    const answer = await send(program().url + path)
    assert.notEqual(answer.status, 500, program().log())
    return answer
  }

  for (const name of ['app', 'public']) {
    test(`the ${name} client signs somebody in, calls, refreshes by itself and revokes`, async () => {
      const signedIn = await login(name)
      assert.equal(signedIn.status, 200, program().log())
      const { sub } = signedIn.json['claims'] as { readonly sub: string }
      assert.equal(sub, person.id)
      assert.equal(text(await ask(`/${name}/userinfo`), 'email'), person.email)
      const { json } = await ask(`/${name}/expired`)
      assert.equal(json['status'], 200)
      assert.notEqual(json['access'], json['before'])
      assert.deepEqual((await ask(`/${name}/revoke`)).json, [200, 200, 401])
      assert.equal((await ask(`/${name}/refresh`)).json['error'], 'invalid_grant')
    })
  }

  for (const method of machineMethods) {
    test(`a machine proves itself by ${method}`, async () => {
      const token = await ask(`/${method}/machine`)
      const bearer = text(token, 'access_token')
      assert.equal((await call(server, '/api/chatbots/', { bearer })).status, 200)
    })
  }

  test('the assertions that it makes by itself are good for an hour, and refused', async () => {
    // RFC 7523 §3 lets a server refuse an end that is too far away; every one has to be remembered until then.
    const { json } = await ask('/client_secret_jwt/machine?assertion=own')
    assert.equal(json['error'], 'invalid_client')
  })

  test('introspection tells it what a token is', async () => {
    await login('app')
    const { json } = await ask('/app/introspect')
    assert.deepEqual([json['active'], json['sub']], [true, person.id])
  })

  test('it understands that the person said no', async () => {
    assert.equal((await login('app', 'deny')).json['error'], 'access_denied')
  })

  test('it understands that its secret is wrong', async () => {
    const { json } = await login('wrong')
    assert.deepEqual(json, { error: 'invalid_client', description: 'client authentication failed' })
  })

  test('it understands that a code was used before', async () => {
    const visitor = newVisitor(server, person)
    const callback = `${program().url}/app/callback`
    const first = await visitor.visit(`${program().url}/app/login`, 'approve', callback)
    assert.equal((await visitor.visit(first.url)).answer?.status, 200)
    const second = await visitor.visit(`${program().url}/app/login`, 'approve', callback)
    second.url.searchParams.set('code', first.url.searchParams.get('code') ?? '')
    assert.equal((await visitor.visit(second.url)).answer?.json['error'], 'invalid_grant')
  })
})
