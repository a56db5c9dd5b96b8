import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, newPerson } from '../support/actors.ts'
import { type GuardAccess, newGuard } from '../support/guard-access.ts'
import type { Answer } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { vendorTokens } from '../support/vendors.ts'

let server: TestServer
let access: GuardAccess
before(async () => {
  server = await startServer({
    limits: { twice: { style: 'unix', plans: {}, otherwise: [{ limit: 2, window: 60 }] } },
  })
  access = await newGuard(server)
})
after(() => server.close())

type Members = Readonly<Record<string, unknown>>
const question = (more: Members = {}): Members => ({
  method: 'GET',
  path: '/domains',
  headers: {},
  ip: '203.0.113.7',
  rule: { doors: ['osir'] },
  shape: 'message',
  ...more,
})
const post = (path: string, json: unknown, headers: Readonly<Record<string, string>> = {}) =>
  call(server, `/guard/${path}`, { json, headers: { Authorization: access.basic, ...headers } })
const check = (more: Members = {}) => post('check', question(more))
const key = (name = 'live') => ({ 'x-api-key': server.demo.keys[name] ?? '' })

/** The refusal that a check answered, which the server itself answered with 200. */
function refused(answer: Answer, status: number): Members {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.json['outcome'], 'refuse', answer.text)
  assert.equal(answer.json['status'], status, answer.text)
  return answer.json
}

test('who may pass is told as a principal, in snake case, with nothing of the credential', async () => {
  const answer = await check({ headers: key(), rule: { doors: ['osir'], scopes: ['domains:read'] } })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.deepEqual(Object.keys(answer.json).sort(), ['headers', 'outcome', 'principal'])
  const principal = answer.json['principal'] as Members
  assert.equal(answer.json['outcome'], 'allow')
  assert.equal(principal['kind'], 'api-key')
  assert.equal(principal['door'], 'osir')
  assert.equal(principal['plan'], 'Free')
  assert.equal(principal['credential_id'], principal['id'])
  assert.deepEqual(
    Object.keys(principal).filter((name) => /[A-Z]/.test(name)),
    [],
  )
  assert.equal(answer.text.includes(key()['x-api-key']), false)
})

test('a person, an app and a vendor are let in by the same question', async () => {
  const { access: app } = await newTokens(await newScene(server))
  for (const [door, token] of [
    ['oshara', (await newPerson(server)).access],
    ['openchatstudio', app],
    ['charp', (await vendorTokens(server)).access],
  ] as const) {
    const answer = await check({ headers: { authorization: `Bearer ${token}` }, rule: { doors: [door] } })
    assert.equal(answer.json['outcome'], 'allow', `${door}: ${answer.text}`)
    refused(await check({ headers: { authorization: `Bearer ${token}` } }), 401)
  }
})

test('a refusal is the whole reply, in the words of the shape', async () => {
  const message = { error: 'unauthorized', message: 'Invalid or missing API key' }
  assert.deepEqual(await check().then(({ json }) => json), {
    outcome: 'refuse',
    status: 401,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'WWW-Authenticate': 'Bearer',
    },
    body: message,
  })
  assert.deepEqual(refused(await check({ shape: 'detail' }), 401)['body'], {
    detail: 'Authentication credentials were not provided.',
  })
  const oauth = refused(await check({ shape: 'oauth', headers: { authorization: 'Bearer x' } }), 401)
  assert.equal((oauth['body'] as Members)['error'], 'invalid_token')
})

test('every part of the rule is asked: scopes are named at once, plan, kind, environment, administrator', async () => {
  const rule = { doors: ['osir'], scopes: ['domains:write', 'vps:write'] }
  const scopes = refused(await check({ headers: key('readonly'), rule }), 403)
  assert.match(
    String((scopes['headers'] as Members)['WWW-Authenticate']),
    /insufficient_scope.*domains:write vps:write/,
  )
  const plan = { doors: ['osir'], plan: 'Business', plans: ['Free', 'Starter', 'Business', 'Enterprise'] }
  const shape = 'oauth'
  assert.deepEqual(refused(await check({ headers: key(), rule: plan, shape }), 403)['body'], {
    error: 'plan_required',
    error_description: 'Your plan does not include this.',
    required_plan: 'Business',
    current_plan: 'Free',
  })
  for (const more of [{ kinds: ['person'] }, { environment: 'test' }, { admin: true }]) {
    refused(await check({ headers: key(), rule: { doors: ['osir'], ...more } }), 403)
  }
  const all = { doors: ['osir'], kinds: ['api-key'], environment: 'live', plan: 'Free', plans: ['Free'] }
  assert.equal((await check({ headers: key(), rule: all })).json['outcome'], 'allow')
})

test('the tools of an MCP server need their scopes, told by headers that have to be there once', async () => {
  const { access: token } = await newTokens(await newScene(server))
  const mcp = {
    tools: { list: ['chatbot:read'], wipe: ['chatbot:wipe'], ping: [] },
    methods: { 'prompts/get': ['p:read'] },
  }
  const rule = { doors: ['openchatstudio'], mcp }
  const calls = (name: unknown, method: unknown = 'tools/call') => ({
    authorization: `Bearer ${token}`,
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    'mcp-name': name,
  })
  const ask = (headers: Members) => check({ rule, shape: 'oauth', headers })
  assert.equal((await ask(calls('list'))).json['outcome'], 'allow')
  assert.equal((await ask(calls('ping'))).json['outcome'], 'allow')
  assert.match(JSON.stringify(refused(await ask(calls('wipe')), 403)), /scope=\\"chatbot:wipe\\"/)
  assert.match(JSON.stringify(refused(await ask(calls('p', 'prompts/get')), 403)), /p:read/)
  refused(await ask(calls('unnamed')), 403)
  refused(await ask(calls('constructor')), 403)
  for (const malformed of [calls(['list', 'wipe']), calls('list', []), { authorization: `Bearer ${token}` }])
    refused(await ask(malformed), 400)
  assert.equal(
    (await check({ headers: key() })).json['outcome'],
    'allow',
    'where no rule asks, nothing is missed',
  )
})

test('two credentials, and a header that was sent twice, are refused', async () => {
  const { access: token } = await newPerson(server)
  const rule = { doors: ['osir', 'oshara'] }
  refused(await check({ headers: { ...key(), authorization: `Bearer ${token}` }, rule }), 400)
  const once = key()['x-api-key']
  refused(await check({ headers: { 'x-api-key': [once, once] } }), 401)
  refused(await check({ headers: { authorization: [`Bearer ${once}`, `Bearer ${once}`] } }), 401)
  assert.equal((await check({ headers: { 'x-api-key': [once] } })).json['outcome'], 'allow')
})

test('headers that are an empty list are none, as PHP writes an object without members', async () => {
  refused(await check({ headers: [] }), 401)
  assert.equal((await check({ headers: ['x'] })).status, 400)
})

test('limits are counted by the server, and a refused call costs nothing', async () => {
  const rule = { doors: ['osir'], limits: ['twice'] }
  refused(await check({ headers: key('readonly'), rule: { ...rule, scopes: ['vps:write'] } }), 403)
  const first = await check({ headers: key(), rule })
  assert.equal((first.json['headers'] as Members)['X-RateLimit-Remaining'], '1')
  assert.equal((await check({ headers: key(), rule })).json['outcome'], 'allow')
  const over = refused(await check({ headers: key(), rule }), 429)
  assert.equal((over['headers'] as Members)['Retry-After'], '60')
})

test('the address is the caller’s, and a key that has a list is held to it', async () => {
  const { access: token } = await newPerson(server)
  const made = await call(server, '/v1/api-keys', {
    bearer: token,
    json: { name: 'k', ip_list: ['203.0.113.0/24'] },
  })
  const headers = { 'x-api-key': String(made.json['key']) }
  assert.equal((await check({ headers })).json['outcome'], 'allow')
  assert.equal((await check({ headers, ip: '::ffff:203.0.113.9' })).json['outcome'], 'allow')
  refused(await check({ headers, ip: '198.51.100.1' }), 403)
})

test('a key that was revoked is refused at the next question', async () => {
  const { access: token } = await newPerson(server)
  const made = await call(server, '/v1/api-keys', { bearer: token, json: { name: 'k' } })
  const headers = { 'x-api-key': String(made.json['key']) }
  assert.equal((await check({ headers })).json['outcome'], 'allow')
  await call(server, `/v1/api-keys/${String(made.json['id'])}`, { method: 'DELETE', bearer: token })
  refused(await check({ headers }), 401)
})

test('what is wrong with a question is told member by member, and nothing of what was sent', async () => {
  const secret = 'osir_live_this-must-not-come-back-at-all'
  const cases: readonly (readonly [more: Members, fields: readonly string[]])[] = [
    [{ rule: { doors: ['osir', 'nowhere'] } }, ['rule.doors']],
    [{ rule: { doors: ['osir'], limits: ['nothing'] } }, ['rule.limits']],
    [{ rule: { doors: ['osir'], scope: 'domains:read' } }, ['rule.scope']],
    [{ rule: { doors: [] } }, ['rule.doors']],
    [{ rule: {} }, ['rule.doors']],
    [{ rule: { doors: ['osir'], admin: false } }, ['rule.admin']],
    [{ rule: { doors: ['osir'], kinds: ['robot'] } }, ['rule.kinds.0']],
    [{ rule: { doors: ['osir'], scopes: ['a b'] } }, ['rule.scopes']],
    [{ rule: { doors: ['osir'], plan: 'Free', plans: ['Other'] } }, ['rule']],
    [{ rule: { doors: ['osir'], mcp: {} } }, ['rule.mcp.tools']],
    [{ rule: { doors: ['osir'], mcp: { tools: { list: ['a b'] }, more: 1 } } }, ['rule.mcp.tools.list']],
    [{ rule: { doors: ['osir'], mcp: { tools: {}, methods: { list: 'a' } } } }, ['rule.mcp.methods.list']],
    [{ shape: 'xml' }, ['shape']],
    [{ headers: { authorization: 1 } }, ['headers.authorization']],
    [{ headers: { cookie: secret } }, ['headers.cookie']],
    [{ headers: { [secret]: secret, Authorization: secret } }, ['headers.?']],
    [{ ip: '203.0.113.0/24' }, ['ip']],
    [{ ip: secret }, ['ip']],
    [{ rule: { doors: [secret], limits: [secret] } }, ['rule.doors', 'rule.limits']],
    [{ path: 'x'.repeat(17_000) }, ['path']],
    [{ method: undefined, path: 7 }, ['method', 'path']],
    [{ more: secret }, ['more']],
  ]
  for (const [more, names] of cases) {
    const answer = await check(more)
    assert.equal(answer.status, 400, JSON.stringify(more))
    assert.equal(answer.json['error'], 'invalid_request')
    const fields = answer.json['fields'] as Members
    for (const name of names) {
      assert.ok(name in fields, `${name} in ${answer.text}`)
      assert.ok(String(answer.json['error_description']).includes(name))
    }
    assert.equal(answer.text.includes(secret), false, answer.text)
  }
  const unknown = await check({ rule: { doors: ['osir', 'nowhere'] } })
  assert.deepEqual(unknown.json['fields'], { 'rule.doors': ['has no nowhere'] })
})

test('a limit that there isn’t is told to a guard that counts here, and only what can be no secret', async () => {
  const spend = (limit: string) => post('spend', { id: 'x', limits: [limit] })
  assert.deepEqual((await spend('nothing')).json['fields'], { limits: ['has no nothing'] })
  assert.deepEqual((await spend(key()['x-api-key'])).json['fields'], { limits: ['has no ?'] })
})

test('several are answered in their order, each by itself', async () => {
  const rule = { doors: ['osir'] }
  const answer = await post('checks', {
    checks: [
      question({ headers: key() }),
      question(),
      question({ rule: { doors: ['x'] } }),
      7,
      question({ rule }),
    ],
  })
  assert.equal(answer.status, 200)
  const answers = answer.json['answers'] as readonly Members[]
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['allow', 'refuse', 'invalid', 'invalid', 'refuse'],
  )
  assert.deepEqual(answers[2]?.['fields'], { 'rule.doors': ['has no x'] })
})

test('of several at once no more than are left of a limit are let in', async () => {
  await server.advance(60)
  const rule = { doors: ['osir'], limits: ['twice'] }
  const checks = Array.from({ length: 4 }, () => question({ headers: key(), rule }))
  const { json } = await post('checks', { checks })
  const outcomes = (json['answers'] as readonly Members[]).map(({ outcome }) => outcome)
  assert.deepEqual(outcomes, ['allow', 'allow', 'refuse', 'refuse'])
})

test('a full batch of tokens fits', async () => {
  const { access: app } = await newTokens(await newScene(server))
  const rule = { doors: ['openchatstudio'], scopes: ['chatbot:read', 'session:read'] }
  const one = question({ headers: { authorization: `Bearer ${app}` }, rule })
  const { status, json } = await post('checks', { checks: Array.from({ length: 50 }, () => one) })
  assert.equal(status, 200)
  const outcomes = (json['answers'] as readonly Members[]).map(({ outcome }) => outcome)
  assert.deepEqual(
    outcomes,
    Array.from({ length: 50 }, () => 'allow'),
  )
})

test('a batch has a bound, and is not empty', async () => {
  for (const checks of [[], Array.from({ length: 51 }, () => question()), 'x', undefined]) {
    const answer = await post('checks', { checks })
    assert.equal(answer.status, 400)
    assert.ok('checks' in (answer.json['fields'] as Members))
  }
  assert.equal((await post('checks', { checks: [question()], more: 1 })).status, 400)
})

test('only a guard’s own credential asks, and a caller’s own is none', async () => {
  for (const path of ['check', 'checks']) {
    const without = await call(server, `/guard/${path}`, { json: question(), headers: key() })
    assert.equal(without.status, 401)
    assert.match(String(without.headers['www-authenticate']), /^Basic /)
    const wrong = `Basic ${Buffer.from(`${access.clientId}:wrong`).toString('base64')}`
    assert.equal((await post(path, question(), { Authorization: wrong })).status, 401)
  }
})

test('no credential of a caller is in the log', async () => {
  const { access: token } = await newPerson(server)
  await check({ headers: { authorization: `Bearer ${token}` }, rule: { doors: ['nowhere'] } })
  await check({ headers: { authorization: `Bearer ${token}` } })
  await check({ headers: { authorization: token, 'x-api-key': [key()['x-api-key'], 'x'] } })
  for (const path of [`/x?token=${token}`, `/x#${token}`])
    assert.equal((await check({ path, rule: { doors: ['osir'] }, headers: {} })).json['outcome'], 'refuse')
  await call(server, '/mark')
  while (!server.log().includes('"path":"/mark"')) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const secret of [token, key()['x-api-key'], access.clientSecret])
    assert.equal(server.log().includes(secret), false)
})
