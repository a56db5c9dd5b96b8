import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import config from '../../../../sallyport.config.ts'
import { loadConfig } from '../../src/server/config.ts'
import { checkForwardAuth } from '../../src/server/check-forward.ts'

const rule = { doors: ['osir'] }
const route = { path: '/v1/*', shape: 'message', rule }
const ruled = (more: object) => [{ ...route, rule: { ...rule, ...more } }]

const cases: readonly (readonly [name: string, routes: unknown, problem: RegExp | undefined])[] = [
  ['nothing is right', undefined, undefined],
  ['no routes are right', [], undefined],
  ['one plain route is right', [route], undefined],
  [
    'every member that there is, is right',
    [
      {
        path: '/v1/domains',
        methods: ['GET', 'VERSION-CONTROL'],
        shape: 'detail',
        origin: 'https://api.example.com',
        token: true,
        preflight: true,
        rule: {
          doors: ['osir', 'osir-oauth'],
          kinds: ['api-key'],
          scopes: ['domains:read'],
          plan: 'Gold',
          plans: ['Free', 'Gold'],
          environment: 'live',
          admin: true,
          limits: ['osir-api'],
          resource: 'https://api.example.com/v1',
          mcp: { tools: { list: ['domains:read'], free: [] }, methods: { 'resources/read': [] } },
        },
      },
      {
        path: '/*',
        shape: 'oauth',
        rule: { doors: ['charp'], plan: 'Standard', plans: ['Free', 'Standard'] },
      },
    ],
    undefined,
  ],
  ['what is no list is told', { path: '/' }, /^forwardAuth must be a list of routes$/],
  ['what is no route is told', ['/v1'], /^forwardAuth\[0\]: must be a route/],
  ['the second route is named', [route, { ...route, path: 'v2' }], /^forwardAuth\[1\] \(v2\): path "v2"/],
  [
    'a misspelled member is told',
    [{ ...route, method: ['GET'] }],
    /\(\/v1\/\*\): method is no member; there are path, m/,
  ],
  ['a rule for tools without tools is told', ruled({ mcp: {} }), /rule\.mcp\.tools must say the scopes/],
  ['a rule for tools that is none is told', ruled({ mcp: ['list'] }), /rule\.mcp must be/],
  [
    'a misspelled member of a rule for tools is told',
    ruled({ mcp: { tools: {}, tool: {} } }),
    /rule\.mcp\.tool is no member/,
  ],
  [
    'a tool with a scope that no door gives is told',
    ruled({ mcp: { tools: { list: ['domain:read'] } } }),
    /rule\.mcp\.tools names "domain:read", which no door/,
  ],
  [
    'a misspelled member of a rule is told',
    ruled({ scope: ['domains:read'] }),
    /rule\.scope is no member; there are doors/,
  ],
  ['a route without a path is told', [{ shape: 'message', rule }], /path must be text/],
  [
    'a path that is not from the root is told',
    [{ ...route, path: 'v1/domains' }],
    /path "v1\/domains" is none that/,
  ],
  ['an address is told', [{ ...route, path: 'https://api.example/v1' }], /is none that a request can have/],
  ['a path with a query is told', [{ ...route, path: '/v1?x=1' }], /without a query/],
  [
    'a path with dot segments is told',
    [{ ...route, path: '/v1/../admin' }],
    /is none that a request can have/,
  ],
  ['a path with two slashes is told', [{ ...route, path: '/v1//x' }], /is none that a request can have/],
  ['a path with an escape is told', [{ ...route, path: '/v1/%61' }], /is none that a request can have/],
  ['a path that ends with a slash is told', [{ ...route, path: '/v1/' }], /must not end with a slash/],
  [
    'a path that ends with a slash before its star is told',
    [{ ...route, path: '/v1//*' }],
    /must not end with a slash/,
  ],
  ['a star inside a path is told', [{ ...route, path: '/v1/*/x' }], /may have a \* only as its last segment/],
  [
    'a star that is no segment is told',
    [{ ...route, path: '/v1*' }],
    /may have a \* only as its last segment/,
  ],
  ['an empty list of methods is told', [{ ...route, methods: [] }], /methods must be a list/],
  ['one method without a list is told', [{ ...route, methods: 'GET' }], /methods must be a list/],
  ['a method in small letters is told', [{ ...route, methods: ['get'] }], /method "get" must be upper-case/],
  ['an unknown shape is told', [{ ...route, shape: 'json' }], /shape must be one of detail, oauth, message/],
  ['a token that is no true is told', [{ ...route, token: 'yes' }], /token must be true, or left out/],
  ['a preflight that is no true is told', [{ ...route, preflight: false }], /preflight must be true/],
  [
    'an origin that is no address is told',
    [{ ...route, origin: 'api.example.com' }],
    /origin must be an address/,
  ],
  ['a route without a rule is told', [{ path: '/v1', shape: 'message' }], /rule must say who may pass/],
  ['a rule without doors is told', [{ ...route, rule: {} }], /rule\.doors must name at least one door/],
  [
    'a rule with no doors is told',
    [{ ...route, rule: { doors: [] } }],
    /rule\.doors must be a list of names/,
  ],
  [
    'an unknown door is told',
    [{ ...route, rule: { doors: ['osri'] } }],
    /rule\.doors names the unknown "osri"; there are oshara/,
  ],
  [
    'an unknown limit is told',
    ruled({ limits: ['osir'] }),
    /rule\.limits names the unknown "osir"; there are .*osir-api/,
  ],
  [
    'an unknown kind is told',
    ruled({ kinds: ['key'] }),
    /rule\.kinds names the unknown "key"; there are person/,
  ],
  [
    'an unknown environment is told',
    ruled({ environment: 'prod' }),
    /rule\.environment must be live or test/,
  ],
  ['an admin that is no true is told', ruled({ admin: false }), /rule\.admin must be true/],
  ['scopes without a list are told', ruled({ scopes: 'domains:read' }), /rule\.scopes must be a list/],
  [
    'a scope that no door gives is told',
    ruled({ scopes: ['domain:read'] }),
    /rule\.scopes names "domain:read", which no door/,
  ],
  [
    'a plan that nothing names is told',
    ruled({ plan: 'Bussiness' }),
    /unknown plan "Bussiness"; there are Free, Standard/,
  ],
  ['a plan of a table of limits is known', ruled({ plan: 'Business' }), undefined],
  [
    'a plan that is not among its plans is told',
    ruled({ plan: 'Gold', plans: ['Free'] }),
    /rule\.plan "Gold" is not in rule\.plans/,
  ],
  [
    'plans without a plan are told',
    ruled({ plans: ['Free'] }),
    /rule\.plans says nothing without rule\.plan/,
  ],
  [
    "a plan that a vendors door hasn't is told",
    [{ ...route, rule: { doors: ['charp'], plan: 'Gold', plans: ['Free', 'Gold'] } }],
    /unknown plan "Gold"; there are Free, Standard, Enterprise/,
  ],
  [
    'a route behind a wider one is told',
    [route, { ...route, path: '/v1/domains' }],
    /\[1\] .*never decides: forwardAuth\[0\] takes/,
  ],
  ['a route behind the same one is told', [route, route], /never decides/],
  [
    'a route behind one for other methods is right',
    [{ ...route, methods: ['GET'] }, { ...route, methods: ['GET', 'POST'] }, route],
    undefined,
  ],
  [
    'a route for HEAD behind one for GET is told',
    [
      { ...route, methods: ['GET'] },
      { ...route, methods: ['HEAD'] },
    ],
    /never decides/,
  ],
  [
    'a narrow route before a wide one is right',
    [{ ...route, path: '/v1/domains' }, route, { ...route, path: '/*' }],
    undefined,
  ],
  [
    'routes that differ only in case are told',
    [
      { ...route, path: '/v1/Domains' },
      { ...route, path: '/v1/domains' },
    ],
    /differs from forwardAuth\[0\] only in upper and lower case/,
  ],
]

for (const [name, routes, problem] of cases) {
  test(`routes: ${name}`, () => {
    const problems = checkForwardAuth(routes, config.platforms)
    if (problem === undefined) assert.deepEqual(problems, [])
    else assert.match(problems.join('\n'), problem)
  })
}

test('routes: everything that is wrong is told at once', () => {
  const routes = [{ path: 'x', methods: [], shape: 'x', rule: { doors: ['x'], limits: ['x'] } }, 7]
  assert.equal(checkForwardAuth(routes, config.platforms).length, 6)
})

test('routes: a configuration with a wrong one is not loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-config-'))
  const path = join(folder, 'sallyport.config.mjs')
  await writeFile(
    path,
    'export default { platforms: [], forwardAuth: [{ path: "/v1", shape: "oauth", rule: {} }] }',
  )
  const refused = loadConfig(path)
  await assert.rejects(
    refused,
    /1 problem:\n {2}- forwardAuth\[0\] \(\/v1\): rule\.doors must name at least one door/,
  )
  await rm(folder, { recursive: true, force: true })
})
