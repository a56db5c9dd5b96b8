/** The doctor at real servers: this one by each of its profiles, and one that another project made. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { examine } from '../../packages/server/src/cli/doctor.ts'
import type { Finding, Profile } from '../../packages/server/src/cli/doctor/rule.ts'
import { administer, call, newApp } from '../support/actors.ts'
import { runCommand } from '../support/command.ts'
import { fapiDoor, newFapiScene } from '../support/fapi.ts'
import { callback } from '../support/ocs.ts'
import { type Provider, startProvider } from '../support/provider.ts'
import { startServer, type TestServer } from '../support/server.ts'

const here = { config: 'none.ts', json: true }
const wrong = (findings: readonly Finding[], ...statuses: readonly Finding['status'][]) =>
  findings.filter(({ status }) => statuses.includes(status)).map(({ id }) => id)
const now = () => Math.floor(Date.now() / 1000)
const onLoopback = ['issuer-https', 'endpoints-https']

describe('this server', () => {
  let server: TestServer
  before(async () => {
    server = await startServer({
      startAt: now(),
      doors: {
        openchatstudio: fapiDoor,
        'osir-oauth': {
          mcp: true,
          resources: { '/mcp': 'MCP' },
          dpop: 'optional',
          requestObjects: 'optional',
        },
      },
    })
  })
  after(() => server.close())

  test('a FAPI door has nothing against it but that it is on loopback, looked at with a client too', async () => {
    const { app } = await newFapiScene(server)
    const client = { clientId: app.clientId, redirectUri: callback }
    const profile: readonly Profile[] = ['operation', 'bcp', 'fapi']
    const { findings } = await examine(server.base, { ...here, ...client, profile })
    assert.deepEqual(wrong(findings, 'fail'), [])
    assert.deepEqual(wrong(findings, 'warn'), onLoopback)
    assert.deepEqual(wrong(findings, 'not-seen'), [])
  })

  test('an MCP door as well, with the API behind it', async () => {
    const app = await newApp(server, {
      door: 'osir-oauth',
      redirect_uris: [callback],
      scope: 'domains:read',
    })
    const client = { clientId: app.clientId, redirectUri: callback }
    const options = { ...here, ...client, profile: ['bcp', 'mcp'], resource: `${server.base}/mcp` }
    const { findings } = await examine(`${server.base}/oauth`, options)
    assert.deepEqual(wrong(findings, 'fail'), [])
    assert.deepEqual(wrong(findings, 'warn'), [...onLoopback, 'client-keys', 'no-pkce'])
    assert.deepEqual(wrong(findings, 'not-seen'), [])
  })

  test('nothing is created by it, and hardly anything spent', async () => {
    const audit = async () =>
      (await administer(server, 'GET', '/audit?limit=200')).json['data'] as readonly { type: string }[]
    const known = (await audit()).length
    const { sent } = await examine(server.base, here)
    const more = (await audit()).slice(0, (await audit()).length - known)
    assert.deepEqual([...new Set(more.map(({ type }) => type))], ['request.refused'])
    assert.ok(sent.length <= 12, `${sent.length} requests`)
    assert.ok(sent.every((line) => /^(?:GET|POST|OPTIONS) http/.test(line)))
  })

  test('the command says it in words and as JSON, and ends with 0 where nothing fails', async () => {
    const text = await runCommand(['doctor', server.base, '--config', 'none.ts'])
    assert.equal(text.code, 0, text.output)
    assert.match(text.output, /warn {5}the issuer is an https address \[issuer-https\]\n.*RFC 8414 §2/)
    assert.match(text.output, /Sent \d+ requests, none with a credential of anybody:\n {2}GET /)
    const json = await runCommand([
      'doctor',
      server.base,
      '--config',
      'none.ts',
      '--json',
      '--profile',
      'bcp',
    ])
    const report = JSON.parse(json.output)
    assert.equal(report.version, 1)
    assert.deepEqual(report.profiles, ['bcp'])
    assert.equal(report.counts.fail, 0)
    assert.ok(report.findings.every(({ profile }: Finding) => profile === 'bcp'))
    const fapi = await runCommand([
      'doctor',
      `${server.base}/oauth`,
      '--config',
      'none.ts',
      '--profile',
      'fapi',
    ])
    assert.equal(fapi.code, 1, 'a door that does not claim it')
    assert.match(fapi.output, /FAIL {5}requests are pushed by the client/)
  })

  test('it ends with 2 where it could not look, and says why', async () => {
    const cases: [args: readonly string[], said: RegExp][] = [
      [['http://127.0.0.1:1'], /no metadata of http:\/\/127\.0\.0\.1:1/],
      [[`${server.base}/nothing-here`], /answers 404/],
      [['login.example.com'], /the issuer must be an http\(s\) address/],
      [[server.base, '--profile', 'hipaa'], /--profile must be one of operation, bcp, fapi, mcp/],
      [[server.base, '--client-id', 'x'], /belong together/],
      [[], /name an issuer, or run this where none.ts is/],
    ]
    for (const [args, said] of cases) {
      const { code, output } = await runCommand(['doctor', ...args, '--config', 'none.ts'])
      assert.match(output, said)
      assert.equal(code, 2, output)
    }
    assert.equal((await call(server, '/livez')).status, 200)
  })
})

describe('oidc-provider', () => {
  let provider: Provider
  before(async () => {
    provider = await startProvider()
    provider.allow(callback)
  })
  after(() => provider.close())

  test('is looked at like any other, and what differs is told', async () => {
    const { issuer, clientId } = provider.settings
    const { findings } = await examine(issuer, { ...here, clientId, redirectUri: callback })
    const by = new Map(findings.map((one) => [one.id, one]))
    for (const id of [
      'issuer-same',
      'pkce-told',
      'keys-public',
      'keys-long',
      'plain-pkce',
      'unknown-client',
      'iss',
    ])
      assert.equal(by.get(id)?.status, 'ok', `${id}: ${by.get(id)?.seen}`)
    assert.equal(by.get('no-implicit')?.status, 'warn')
    // Its pages for development say nothing of frames.
    assert.deepEqual(wrong(findings, 'fail'), ['framing'])
  })
})
