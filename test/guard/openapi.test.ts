import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { secretHash } from '@sallyport/guard'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { pino } from 'pino'
import { guardDoor } from '../../packages/server/src/doors/guard/index.ts'
import { createServer } from '../../packages/server/src/server/create.ts'
import config from '../../sallyport.config.ts'
import { call } from '../support/actors.ts'
import { type GuardAccess, newGuard } from '../support/guard-access.ts'
import { type Answer, type Ask, text } from '../support/http.ts'
import { newScene, newTokens } from '../support/ocs.ts'
import { startServer, testSecret, type TestServer } from '../support/server.ts'

interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

let server: TestServer
let access: GuardAccess
let document: Document
before(async () => {
  server = await startServer({
    forwardAuth: [{ path: '/v1/domains', shape: 'message', rule: { doors: ['osir'] } }],
  })
  access = await newGuard(server)
  document = (await call(server, '/guard/openapi.json')).json as unknown as Document
})
after(() => server.close())

const key = () => server.demo.keys['live'] ?? ''
const ask = (path: string, more: Ask = {}) =>
  call(server, path, { ...more, headers: { Authorization: access.basic, ...more.headers } })
const question = (more: object = {}) => ({
  method: 'GET',
  path: '/',
  headers: { 'x-api-key': key() },
  ip: '::1',
  rule: { doors: ['osir'] },
  shape: 'oauth',
  ...more,
})

/** A check by a schema of the document. */
function matcher(schema: object): (value: unknown) => string | undefined {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false })
  const rooted = { ...schema, components: document.components }
  ajv.addVocabulary(['components'])
  const validate = ajv.compile(rooted)
  return (value) => (validate(value) ? undefined : ajv.errorsText(validate.errors))
}

/** Fails unless an answer is one that the document describes. */
function assertDescribed(path: string, method: string, answer: Answer): void {
  const { status, json, headers } = answer
  const described = document.paths[path]?.[method]?.responses[String(status)]
  assert.ok(described, `${method} ${path} ${status} is not described: ${answer.text.slice(0, 200)}`)
  if (!described.content) return assert.equal(answer.text, '')
  const [[type, content] = ['', { schema: {} }]] = Object.entries(described.content)
  assert.ok((headers['content-type'] ?? '').startsWith(type))
  if (type === 'application/json') assert.equal(matcher(content.schema)(json), undefined, answer.text)
}

test('the description is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate({ ...structuredClone(document) })
  assert.equal(valid, true, JSON.stringify(errors))
})

test('it is for anybody, and may be kept', async () => {
  const { status, headers, text: body } = await call(server, '/guard/openapi.json')
  assert.equal(status, 200)
  assert.match(String(headers['cache-control']), /public, max-age=/)
  assert.equal(body.includes(server.dataFolder), false)
})

test('every route of the door is described, with each of its methods', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sallyport-openapi-'))
  const own = await createServer({
    settings: {
      baseUrl: 'http://localhost:1',
      port: 0,
      host: '127.0.0.1',
      dataFolder,
      secret: testSecret,
      trustedProxies: 0,
      logLevel: 'silent',
      debug: false,
      google: undefined,
    },
    platforms: config.platforms,
    log: pino({ level: 'silent' }),
  })
  const mounted = guardDoor(own.services).endpoints.map(({ path, methods }) => [
    path,
    Object.keys(methods).map((method) => method.toLowerCase()),
  ])
  await own.close()
  await rm(dataFolder, { recursive: true })
  const described = Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods)])
  assert.ok(mounted.length >= 8)
  assert.deepEqual(described, mounted)
})

test('every description has a name of its own', () => {
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  assert.equal(new Set(ids).size, ids.length)
})

test('what a check answers is what is described', async () => {
  const { access: token } = await newTokens(await newScene(server))
  const bearer = { authorization: `Bearer ${token}` }
  for (const json of [
    question(),
    question({ rule: { doors: ['osir'], limits: ['osir-api'] } }),
    question({ headers: bearer, rule: { doors: ['openchatstudio'] } }),
    question({ rule: { doors: ['osir'], plan: 'Enterprise' } }),
    question({ rule: { doors: ['osir'], mcp: { tools: {} } } }),
    question({ rule: { doors: ['osir'], mcp: {} } }),
    question({ headers: {}, shape: 'detail' }),
    question({ rule: {} }),
    question({ shape: 1 }),
    {},
  ]) {
    assertDescribed('/guard/check', 'post', await ask('/guard/check', { json }))
  }
  const checks = [question(), question({ headers: {} }), {}, 7]
  const several = await ask('/guard/checks', { json: { checks } })
  assert.equal(several.status, 200)
  assertDescribed('/guard/checks', 'post', several)
  assertDescribed('/guard/checks', 'post', await ask('/guard/checks', { json: { checks: [] } }))
})

/** The claims of a JWT that the server just made. */
function claimsOf(jwt: string): Readonly<Record<string, string>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>
}

/** One fact of every kind that is there, and one that is not. */
async function someFacts(): Promise<readonly (readonly [kind: string, id: string])[]> {
  const scene = await newScene(server)
  const { access: app } = await newTokens(scene)
  const minted = await call(server, '/v1/session-tokens', { method: 'POST', headers: { 'X-API-Key': key() } })
  const started = await call(server, '/api/agents/agent-session/', {
    json: { agent: 'support-bot' },
    headers: { Origin: 'https://mysite.com' },
  })
  return [
    ['account', scene.person.id],
    ['team', scene.teamId],
    ['membership', `${scene.person.id}:${scene.teamId}`],
    ['client', scene.app.clientId],
    ['family', claimsOf(app)['fam'] ?? ''],
    ['api-key', secretHash(key())],
    ['session-token', secretHash(text(minted, 'token'))],
    ['widget-session', claimsOf(text(started, 'token'))['sid'] ?? ''],
    ['widget', claimsOf(text(started, 'token'))['sub'] ?? ''],
    ['account', 'nobody'],
  ]
}

test('what guards are told is what is described', async () => {
  assertDescribed('/guard/metadata', 'get', await ask('/guard/metadata'))
  const told = await ask('/guard/facts', { json: { facts: await someFacts() } })
  assert.equal(told.status, 200)
  assertDescribed('/guard/facts', 'post', told)
  const facts = told.json['facts'] as readonly unknown[]
  assert.deepEqual(
    facts.map((fact) => fact === null),
    [...Array.from({ length: 9 }, () => false), true],
  )
  for (const wrong of [{ facts: [['mood', 'x']] }, { facts: 1 }, { facts: [['account']] }]) {
    const answer = await ask('/guard/facts', { json: wrong })
    assert.equal(answer.status, 400)
    assertDescribed('/guard/facts', 'post', answer)
  }
  const [, [, teamId = ''] = []] = await someFacts()
  for (const json of [
    { id: 'x', team_id: teamId, limits: ['osir-api'] },
    { id: 'x', limits: ['nothing'] },
    {},
  ])
    assertDescribed('/guard/spend', 'post', await ask('/guard/spend', { json }))
  const used = await ask('/guard/uses', { json: { uses: [['api-key', 'x', 1]] } })
  assert.equal(used.status, 204)
  assertDescribed('/guard/uses', 'post', used)
})

test('every refusal of the door itself is described', async () => {
  for (const [path, method] of [
    ['/guard/check', 'post'],
    ['/guard/checks', 'post'],
    ['/guard/facts', 'post'],
    ['/guard/uses', 'post'],
    ['/guard/spend', 'post'],
    ['/guard/metadata', 'get'],
    ['/guard/feed', 'get'],
  ] as const) {
    const without = await call(server, path, method === 'post' ? { json: {} } : {})
    assert.equal(without.status, 401)
    assertDescribed(path, method, without)
    if (method === 'get') continue
    const plain = await ask(path, { body: '{}', headers: { 'Content-Type': 'text/plain' } })
    assert.equal(plain.status, 415)
    assertDescribed(path, method, plain)
    const large = await ask(path, { json: { facts: 'x'.repeat(70_000) } })
    assert.equal(large.status, 413)
    assertDescribed(path, method, large)
  }
})

test('what proxies are told is what is described', async () => {
  const held = { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/v1/domains' }
  const passed = await call(server, '/guard/forward-auth', { headers: { ...held, 'X-API-Key': key() } })
  assert.equal(passed.status, 200)
  assertDescribed('/guard/forward-auth', 'get', passed)
  assertDescribed('/guard/forward-auth', 'get', await call(server, '/guard/forward-auth', { headers: held }))
  assertDescribed('/guard/forward-auth', 'get', await call(server, '/guard/forward-auth'))
})

test('a question that the description allows is understood, and one that it does not is refused', async () => {
  const schema = document.components.schemas['Check']
  assert.ok(schema)
  const matches = matcher(schema)
  for (const [json, fine] of [
    [question(), true],
    [question({ headers: { origin: ['https://a.example', 'https://b.example'] } }), true],
    [
      question({ rule: { doors: ['osir'], kinds: ['person'], scopes: ['a:b'], plan: 'p', plans: ['p'] } }),
      true,
    ],
    [question({ rule: { doors: ['osir'], admin: true, environment: 'test', limits: ['osir-api'] } }), true],
    [question({ rule: { doors: [] } }), false],
    [question({ rule: { doors: 'osir' } }), false],
    [question({ rule: { doors: ['osir'], environment: 'both' } }), false],
    [question({ headers: { cookie: 'x' } }), false],
    [question({ method: 'x'.repeat(65) }), false],
    [question({ extra: true }), false],
  ] as const) {
    assert.equal(matches(json) === undefined, fine, JSON.stringify(json))
    assert.equal((await ask('/guard/check', { json })).status, fine ? 200 : 400, JSON.stringify(json))
  }
})
