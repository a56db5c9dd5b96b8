/** A Go app with `golang.org/x/oauth2`, as Debian packages it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type App, newApp, newMachine, newPerson, type Person } from '../support/actors.ts'
import { type Answer, send } from '../support/http.ts'
import { programsFolder, runs, type RunningProgram, startProgram } from '../support/program.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'
import { newVisitor } from '../support/visitor.ts'

/** Where Debian puts the sources of packages. */
const sources = '/usr/share/gocode'
const go = ['go', '/usr/local/go/bin/go'].find((one) => runs(one, 'version'))
const isHere = go !== undefined && existsSync(join(sources, 'src/golang.org/x/oauth2'))

/** Builds the app out of what is on this machine; nothing is downloaded. */
function build(file: string): void {
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: sources, GOTOOLCHAIN: 'local', GOFLAGS: '' }
  const { status, stderr } = spawnSync(go ?? '', ['build', '-o', file, '.'], {
    cwd: join(programsFolder, 'go'),
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the Go app does not build:\n${stderr}`)
}

let server: TestServer
let person: Person
let running: RunningProgram | undefined
const program = () => running ?? assert.fail('the app did not start')
let folder: string

describe('golang.org/x/oauth2', {
  skip: !isHere && 'Go with the package golang-golang-x-oauth2-dev is not on this machine; CI installs it',
}, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-go-'))
    build(join(folder, 'app'))
    server = await startServer()
    person = await newPerson(server)
    const port = await freePort()
    const register = (name: string, type = 'confidential'): Promise<App> =>
      newApp(server, {
        door: 'openchatstudio',
        type,
        redirect_uris: [`http://127.0.0.1:${port}/${name}/callback`],
        scope: 'openid profile chatbot:read',
      })
    const told = ({ clientId: id, secret }: App, style: string) => ({ id, secret, style })
    const clients = {
      header: told(await register('header'), 'header'),
      params: told(await register('params'), 'params'),
      // Finds out by trying which way a server takes: first the header, without a password for who has none.
      public: told(await register('public', 'public'), 'detect'),
      wrong: { ...told(await register('wrong'), 'detect'), secret: 'wrong' },
      machine: told(await newMachine(server), 'detect'),
    }
    running = await startProgram({
      command: [join(folder, 'app')],
      port,
      env: { SERVER: server.base, PORT: String(port), CLIENTS: JSON.stringify(clients) },
    })
  })
  after(async () => {
    await running?.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (path: string): Promise<Answer> => send(program().url + path)
  async function login(name: string, decision?: 'approve' | 'deny'): Promise<Answer> {
    const { answer } = await newVisitor(server, person).visit(`${program().url}/${name}/login`, decision)
    return answer ?? assert.fail('not at the app')
  }

  for (const [name, how] of [
    ['public', 'that has none, after it has tried the header'],
    ['header', 'in the header'],
    ['params', 'in the body'],
  ] as const) {
    test(`code with PKCE, userinfo and refresh, with the secret ${how}`, async () => {
      const signedIn = await login(name)
      assert.equal(signedIn.json['sub'], person.id, signedIn.text)
      const { json, text } = await ask(`/${name}/expired`)
      assert.ok(json['access'], text)
      assert.notEqual(json['access'], json['before'])
      assert.equal((await ask(`/${name}/userinfo`)).json['email'], person.email)
      assert.equal((await ask(`/${name}/revoke`)).json['status'], 200)
      assert.equal((await ask(`/${name}/userinfo`)).status, 401)
      assert.equal((await ask(`/${name}/expired`)).json['error'], 'invalid_grant')
    })
  }

  test('a machine gets a token by itself when it calls', async () => {
    assert.deepEqual((await ask('/machine/machine')).json, { status: 200 })
  })

  test('it is told that the person said no', async () => {
    assert.deepEqual((await login('params', 'deny')).json, { error: 'access_denied' })
  })

  test('it is told that its secret is wrong, and so is a machine', async () => {
    for (const answer of [await login('wrong'), await ask('/wrong/machine')]) {
      assert.equal(answer.status, 401)
      assert.equal(answer.json['error'], 'invalid_client')
    }
  })

  test('it is told that a code was used before', async () => {
    const visitor = newVisitor(server, person)
    const callback = `${program().url}/params/callback`
    const first = await visitor.visit(`${program().url}/params/login`, 'approve', callback)
    assert.equal((await visitor.visit(first.url)).answer?.status, 200)
    const second = await visitor.visit(`${program().url}/params/login`, 'approve', callback)
    second.url.searchParams.set('code', first.url.searchParams.get('code') ?? '')
    assert.equal((await visitor.visit(second.url)).answer?.json['error'], 'invalid_grant')
  })
})
