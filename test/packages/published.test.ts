/** What is published, packed and installed in an empty folder, on the runtimes that it promises. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { administer } from '../support/actors.ts'
import { text } from '../support/http.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVendor } from '../support/vendors.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const packages = ['protocol', 'guard', 'client']

/** This runtime, and the one that the machine had before the repository brought its own. */
const runtimes = [
  process.execPath,
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node')),
]
  .filter((path) => existsSync(path))
  .filter((path, index, all) => all.findIndex((other) => versionOf(other) === versionOf(path)) === index)

function versionOf(path: string): string {
  return execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
}

let server: TestServer
let folder: string
before(async () => {
  server = await startServer()
  folder = await mkdtemp(join(tmpdir(), 'sallyport-published-'))
  await run(process.execPath, [join(root, 'tools/build.ts')])
  for (const name of packages)
    await run('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: join(root, 'packages', name),
    })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  const tarballs = packages.map((name) => `./sallyport-${name}-0.1.0.tgz`)
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', ...tarballs], {
    cwd: folder,
  })
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const api = `
import { guard } from '@sallyport/guard'
import { nextGuard } from '@sallyport/guard/next'
const [issuer, clientId, clientSecret, key] = process.argv.slice(2)
const guarded = await guard({ issuer, clientId, clientSecret })
const GET = nextGuard(guarded, { ipOf: () => '127.0.0.1' })(
  { doors: ['osir'], scopes: ['domains:read'] },
  (request, principal, { params }) => Response.json({ kind: principal.kind, params }),
)
const ask = async (headers) => {
  const response = await GET(new Request('https://api.example/v1', { headers }), { params: 1 })
  return [response.status, await response.json()]
}
console.log(JSON.stringify([await ask({ 'x-api-key': key }), await ask({})]))
await guarded.close()
`

for (const runtime of runtimes) {
  test(`an installed guard works on ${versionOf(runtime)}`, async () => {
    const made = await administer(server, 'POST', '/guards', { name: 'installed' })
    const credentials = [text(made, 'client_id'), text(made, 'client_secret')]
    await writeFile(join(folder, 'api.mjs'), api)
    const key = server.demo.keys['live'] ?? ''
    const { stdout } = await run(runtime, ['api.mjs', server.address, ...credentials, key], { cwd: folder })
    const [[status, body], [refused]] = JSON.parse(stdout)
    assert.deepEqual([status, body], [200, { kind: 'api-key', params: 1 }])
    assert.equal(refused, 401)
  })
}

const caller = `
import { createTokens, vendors } from '@sallyport/client'
import { fileStorage } from '@sallyport/client/file'
import { widgetScript } from '@sallyport/client/widget-script'
const [server, clientId, clientSecret] = process.argv.slice(2)
let now = 0
const door = vendors({ server, clientId, clientSecret })
const tokens = createTokens({ door, storage: fileStorage('tokens.json'), now: () => now })
const first = await tokens.access()
now += 3600
const { status } = await tokens.fetch('/brands')
const renewed = (await tokens.access()) !== first
await tokens.revoke()
new Function(widgetScript())
console.log(JSON.stringify({ status, renewed }))
`

for (const runtime of runtimes) {
  test(`an installed client works on ${versionOf(runtime)}`, async () => {
    const { client_id, client_secret } = await newVendor(server)
    await writeFile(join(folder, 'caller.mjs'), caller)
    const given = ['caller.mjs', server.address, client_id, client_secret]
    const { stdout } = await run(runtime, given, { cwd: folder })
    assert.deepEqual(JSON.parse(stdout), { status: 200, renewed: true })
  })
}

test('the types of the client hold on a page and in a program without one', async () => {
  const everywhere = `
import { createTokens, TokenError, vendors } from '@sallyport/client'
export const tokens = createTokens({ door: vendors({ server: 'https://a.example', clientId: 'a', clientSecret: 'b' }) })
export const isOver = (error: unknown) => error instanceof TokenError && error.code === 'invalid_grant'
`
  const onPage = `
import { webStorage } from '@sallyport/client'
import { createWidget, pageOf } from '@sallyport/client/widget'
export const storage = webStorage(localStorage, 'tokens')
export const widget = createWidget({ server: 'https://a.example', agent: 'bot' }, pageOf(window))
`
  await writeFile(join(folder, 'everywhere.ts'), everywhere)
  await writeFile(join(folder, 'page.ts'), everywhere + onPage)
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
  const typeRoots = ['--typeRoots', join(root, 'node_modules/@types')]
  for (const [file, ...options] of [
    ['everywhere.ts', '--types', 'node', '--lib', 'es2022'],
    ['page.ts', '--types', '', '--lib', 'es2022,dom,dom.iterable'],
  ] as const) {
    const target = ['--target', 'es2022', '--module', 'nodenext']
    await assert.doesNotReject(
      run(process.execPath, [compiler, ...strict, ...target, ...typeRoots, ...options, file], {
        cwd: folder,
      }),
    )
  }
})

test('the types of the guard hold in a strict program that checks libraries too', async () => {
  const program = `
import { guard, type Principal } from '@sallyport/guard'
import { expressGuard } from '@sallyport/guard/express'
import { fastifyGuard } from '@sallyport/guard/fastify'
import { fetchGuard } from '@sallyport/guard/fetch'
import { honoGuard } from '@sallyport/guard/hono'
import { nextGuard } from '@sallyport/guard/next'
import { nodeGuard } from '@sallyport/guard/node'
const guarded = await guard({ issuer: 'https://login.example.com', clientId: 'a', clientSecret: 'b' })
export const protect = [expressGuard, fastifyGuard, fetchGuard, nodeGuard].map((one) => one(guarded))
export const hono = honoGuard(guarded, { ipOf: () => '' })
export const GET = nextGuard(guarded, { ipOf: () => '' })(
  { doors: ['x'] },
  async (request: Request, principal: Principal, { params }: { params: Promise<{ id: string }> }) =>
    Response.json({ id: principal.id, param: (await params).id }),
)
// @ts-expect-error a rule says which doors
nextGuard(guarded, { ipOf: () => '' })({}, () => new Response())
`
  await writeFile(join(folder, 'program.ts'), program)
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const strict = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--target',
    'es2022',
    '--skipLibCheck',
    'false',
  ]
  for (const module of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ])
    await assert.doesNotReject(
      run(process.execPath, [compiler, ...strict, ...module, ...types, 'program.ts'], { cwd: folder }),
    )
})

test('the built command line starts without the sources', async () => {
  const main = join(root, 'packages/server/dist/cli/main.js')
  const { stdout } = await run(process.execPath, [main, 'serve', '--help'])
  assert.match(stdout, /start in production/)
})
