import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { doors as ocsDoors } from '../../../../platforms/openchatstudio/src/preset.ts'
import config from '../../../../sallyport.config.ts'
import { claimsOf, judgeConfiguration } from '../../src/cli/doctor/configuration.ts'
import type { Status } from '../../src/cli/doctor/rule.ts'
import { doorRules } from '../../src/cli/doctor/rules-doors.ts'
import { type ServerFacts, serverRules } from '../../src/cli/doctor/rules-server.ts'
import { fapiDemands } from '../../src/server/check-fapi.ts'
import type { AppsDoor } from '../../src/settings/apps-door.ts'
import type { DoorSettings, PeopleDoor, WidgetsDoor } from '../../src/settings/door.ts'
import { withPresets } from '../../src/settings/presets.ts'

const settings: NonNullable<ServerFacts['settings']> = {
  baseUrl: 'https://login.example.com',
  port: 4455,
  host: 'localhost',
  dataFolder: '/data',
  trustedProxies: 1,
  logLevel: 'warn',
  debug: false,
}
const facts: ServerFacts = {
  problems: [],
  settings,
  hasPreviousSecret: false,
  signing: { external: false },
  privateNetworks: [],
  files: { dataFolder: 0o40700, database: 0o100600, secrets: { '/secret': 0o100600 } },
}
const having = (more: Partial<NonNullable<ServerFacts['settings']>>): Partial<ServerFacts> => ({
  settings: { ...settings, ...more },
})
const files = (more: Partial<ServerFacts['files']>): Partial<ServerFacts> => ({
  files: { ...facts.files, ...more },
})

const serverRows: [rule: string, status: Status, what: string, more: Partial<ServerFacts>][] = [
  [
    'configuration',
    'fail',
    'a secret that is missing',
    { problems: ['SALLYPORT_SECRET must be set'], settings: undefined },
  ],
  ['base-url', 'fail', 'http for everybody', having({ baseUrl: 'http://login.example.com' })],
  ['base-url', 'warn', 'http on loopback', having({ baseUrl: 'http://localhost:4455', trustedProxies: 0 })],
  ['base-url', 'not-seen', 'settings that are not complete', { settings: undefined }],
  ['proxies', 'fail', 'https and no proxy', having({ trustedProxies: 0 })],
  ['proxies', 'warn', 'a proxy and no https', having({ baseUrl: 'http://localhost' })],
  ['reach', 'warn', 'a port for everybody behind a proxy', having({ host: '0.0.0.0' })],
  [
    'reach',
    'ok',
    'a port for everybody, and no proxy is believed',
    having({ host: '::', trustedProxies: 0 }),
  ],
  ['debug', 'fail', 'DEBUG for everybody', having({ debug: true })],
  ['debug', 'warn', 'DEBUG on loopback', having({ debug: true, baseUrl: 'http://127.0.0.1' })],
  ['data', 'fail', 'a folder for everybody', files({ dataFolder: 0o40755, database: 0o100644 })],
  ['data', 'warn', 'a folder for everybody with a closed file in it', files({ dataFolder: 0o40755 })],
  ['data', 'not-seen', 'no folder yet', files({ dataFolder: 'missing' })],
  ['data', 'not-seen', 'a system without permissions', files({ dataFolder: 'unknown' })],
  ['secret-files', 'fail', 'a secret for the group', files({ secrets: { '/a': 0o100600, '/b': 0o100640 } })],
  ['secret-files', 'not-applicable', 'secrets in the environment', files({ secrets: {} })],
  ['previous-secret', 'warn', 'two secrets', { hasPreviousSecret: true }],
  [
    'key-rotation',
    'warn',
    'keys for two years',
    { signing: { rotateAfter: 2 * 365 * 86_400, external: false } },
  ],
  ['key-rotation', 'not-applicable', 'keys elsewhere', { signing: { external: true } }],
  ['private-networks', 'warn', 'a network of one’s own', { privateNetworks: ['10.0.0.0/8'] }],
  [
    'private-networks',
    'fail',
    'the address of the cloud’s metadata',
    { privateNetworks: ['10.0.0.0/8', '169.254.0.0/16'] },
  ],
  ['private-networks', 'fail', 'this machine', { privateNetworks: ['127.0.0.1/32'] }],
  ['log', 'warn', 'a log of everything', having({ logLevel: 'trace' })],
  ['log', 'warn', 'no log', having({ logLevel: 'silent' })],
]

describe('doctor: how a server is run', () => {
  const of = (more: Partial<ServerFacts>, rule: string) =>
    judgeConfiguration({ server: { ...facts, ...more }, doors: [] }).find(({ id }) => id === rule)

  test('a server as it should be is ok throughout', () => {
    for (const { status, seen, mend } of judgeConfiguration({ server: facts, doors: [] })) {
      assert.equal(status, 'ok', seen)
      assert.equal(mend, undefined)
    }
  })
  for (const [rule, status, what, more] of serverRows)
    test(`${what}: ${rule} is ${status}`, () => assert.equal(of(more, rule)?.status, status))

  test('every rule has a row that is not ok', () => {
    const bad = new Set(serverRows.flatMap(([rule, status]) => (status === 'ok' ? [] : [rule])))
    assert.deepEqual(
      serverRules.map(({ id }) => id).filter((id) => !bad.has(id)),
      [],
    )
  })
})

const all = config.platforms.flatMap(({ doors }) => doors)
const isApps = (door: DoorSettings): door is AppsDoor => door.kind === 'apps'
const preset = ocsDoors.find(isApps) ?? assert.fail()
const people = all.find((door): door is PeopleDoor => door.kind === 'people') ?? assert.fail()
const widgets = all.find((door): door is WidgetsDoor => door.kind === 'widgets') ?? assert.fail()
const staying = { ...preset.refresh, rotation: 'none' } as const
const best: AppsDoor = {
  ...preset,
  dpop: 'required',
  clientAuth: ['private_key_jwt', 'none'],
  resources: { '/mcp': 'MCP' },
}

const appsRows: [rule: string, status: Status, what: string, more: Partial<AppsDoor>][] = [
  ['door-pkce', 'warn', 'no PKCE', { pkce: 'confidential-may-omit' }],
  ['door-code', 'warn', 'codes for ten minutes', { codeLifetime: 600 }],
  ['door-refresh', 'fail', 'refresh tokens that stay', { refresh: staying, dpop: 'optional' }],
  ['door-refresh', 'ok', 'refresh tokens that stay and are bound', { refresh: staying }],
  [
    'door-refresh',
    'ok',
    'refresh tokens that stay, of confidential clients',
    { refresh: staying, clientAuth: ['private_key_jwt'], dpop: 'off' },
  ],
  ['door-idle', 'warn', 'two years', { refresh: { ...preset.refresh, idle: 2 * 366 * 86_400 } }],
  ['door-access', 'warn', 'tokens for a day', { accessLifetime: 86_400 }],
  ['door-bound', 'warn', 'no bound tokens', { dpop: 'off' }],
  ['door-bound', 'ok', 'certificates', { dpop: 'off', certificateBoundTokens: true }],
  ['door-audience', 'warn', 'no APIs', { resources: {} }],
  ['door-client-keys', 'warn', 'secrets', { clientAuth: ['client_secret_basic'] }],
  [
    'door-client-keys',
    'warn',
    'secrets that the server has',
    { clientAuth: ['private_key_jwt', 'client_secret_jwt'] },
  ],
  ['door-assertions', 'warn', 'the address of an endpoint', { insecureEndpointAudience: true }],
  ['door-comers', 'warn', 'anybody', { registration: 'open' }],
  ['door-comers', 'warn', 'any document', { clientDocuments: {} }],
  ['door-comers', 'ok', 'documents of one host', { clientDocuments: { hosts: ['a.example'] } }],
  [
    'door-comers',
    'ok',
    'anybody who is vouched for',
    {
      registration: 'open',
      softwareStatements: { required: true, issuers: {} },
    },
  ],
  ['door-comers', 'ok', 'anybody, for MCP', { mcp: true }],
  ['door-mcp-code', 'fail', 'no codes', { mcp: true, grantTypes: ['client_credentials'] }],
  ['door-mcp-pkce', 'fail', 'no PKCE', { mcp: true, pkce: 'confidential-may-omit' }],
  ['door-mcp-public', 'warn', 'no public clients', { mcp: true, clientAuth: ['private_key_jwt'] }],
  [
    'door-mcp-clients',
    'warn',
    'nobody comes',
    { mcp: true, registration: 'off', clientDocuments: undefined } as never,
  ],
  ['door-mcp-rotation', 'fail', 'refresh tokens that stay', { mcp: true, refresh: staying }],
  ['door-mcp-audience', 'fail', 'no APIs', { mcp: true, resources: {} }],
]

describe('doctor: doors', () => {
  const findings = (door: DoorSettings) =>
    judgeConfiguration({ server: facts, doors: [withPresets(door)] }).filter(({ about }) =>
      about.startsWith('door '),
    )

  test('a door as it should be is ok throughout', () => {
    for (const { status, seen } of findings(best)) assert.equal(status, 'ok', seen)
  })
  for (const [rule, status, what, more] of appsRows)
    test(`${what}: ${rule} is ${status}`, () =>
      assert.equal(findings({ ...best, ...more }).find(({ id }) => id === rule)?.status, status))

  const broken: Partial<AppsDoor> = {
    clientAuth: ['none'],
    requireBoundTokens: false,
    dpop: 'off',
    audienceAsText: false,
    insecureEndpointAudience: true,
    codeLifetime: 61,
    strictClock: false,
    pushedRequests: 'off',
    pkce: 'confidential-may-omit',
    strictRedirects: false,
    signatureAlgorithms: ['RS256'],
  }
  test('a door that claims FAPI is judged by every demand of it, and no other door is', () => {
    const door = withPresets({ ...preset, ...broken, fapi: true })
    const server = { ...facts, signing: { algorithm: 'RS256', external: false } } as const
    const judged = judgeConfiguration({ server, doors: [door] }).filter(({ profile }) => profile === 'fapi')
    assert.deepEqual(
      judged.map(({ status }) => status),
      fapiDemands.map(() => 'fail'),
    )
    assert.ok(judged.every(({ source }) => /^FAPI 2\.0 Security Profile §5\.\d/.test(source)))
    const right = withPresets({ ...preset, fapi: true, refresh: staying })
    for (const { profile, status } of findings(right)) if (profile === 'fapi') assert.equal(status, 'ok')
    assert.deepEqual(claimsOf(right), ['fapi'])
    assert.ok(findings(preset).every(({ profile }) => profile !== 'fapi' && profile !== 'mcp'))
  })

  const others: [rule: string, status: Status, door: DoorSettings][] = [
    ['door-refresh', 'fail', { ...people, refresh: { ...people.refresh, rotation: 'none' } }],
    ['door-access', 'warn', { ...people, accessLifetime: 86_400 }],
    ['door-passwords', 'warn', { ...people, minPasswordLength: 8 }],
    ['door-attempts', 'warn', { ...people, attempts: { limit: 1000, window: 60 } }],
    ['door-origins', 'fail', { ...widgets, insecureSkipOriginChecks: true }],
    ['door-origins', 'warn', { ...widgets, insecureRefererFallback: true }],
    ['door-passwords', 'ok', { ...people, minPasswordLength: 15 }],
    ['door-attempts', 'ok', { ...people, attempts: { limit: 10, window: 900 } }],
  ]
  for (const [rule, status, door] of others)
    test(`a door for ${door.kind}: ${rule} is ${status}`, () =>
      assert.equal(findings(door).find(({ id }) => id === rule)?.status, status))

  test('every rule has a row that is not ok', () => {
    const bad = [
      ...appsRows.map(([rule, status]) => [rule, status] as const),
      ...others.map(([rule, status]) => [rule, status] as const),
    ].flatMap(([rule, status]) => (status === 'ok' ? [] : [rule]))
    const rules = [...doorRules.apps, ...doorRules.people, ...doorRules.widgets].filter(
      ({ profile }) => profile !== 'fapi',
    )
    assert.deepEqual(
      rules.map(({ id }) => id).filter((id) => !bad.includes(id)),
      [],
    )
  })

  test('the four presets: nothing fails', () => {
    const failing = judgeConfiguration({ server: facts, doors: all.map(withPresets) }).filter(
      ({ status }) => status === 'fail',
    )
    assert.deepEqual(
      failing.map(({ about, id }) => [about, id]),
      [],
    )
  })
})
