import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { widgetScript } from '@sallyport/client/widget-script'
import { tokenErrorCodes } from '../../packages/client/src/errors.ts'
import { problemWords } from '../../packages/client/src/widget/decide.ts'
import { newApp } from '../support/actors.ts'
import { newScene, type Scene } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { newVendor } from '../support/vendors.ts'

// What docs/client.md says, held to what is: its examples run as they are printed, its sizes and lists are counted.
const root = join(import.meta.dirname, '../..')
const page = await readFile(join(root, 'docs/client.md'), 'utf8')
const fence = '`'.repeat(3)
const [vendorExample, appExample, machineExample, errorExample, ...others] = page
  .split(`${fence}js\n`)
  .slice(1)
  .map((rest) => rest.split(fence, 1)[0] ?? '')

let server: TestServer
let scene: Scene
let folder: string
before(async () => {
  server = await startServer()
  scene = await newScene(server, { scope: 'chatbot:read openid' })
  folder = await mkdtemp(join(tmpdir(), 'sallyport-docs-'))
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs an example in a process of its own, with `given` declared before it and `shown` printed after it as JSON. */
async function run(example: string | undefined, given: object, shown: string, first = ''): Promise<unknown> {
  const values = Object.entries(given).map(([name, value]) => `const ${name} = ${JSON.stringify(value)}`)
  const code = [
    `process.chdir(${JSON.stringify(folder)})`,
    ...values,
    first,
    (example ?? '').replaceAll('https://login.example.com', server.base),
    `console.log(JSON.stringify(${shown}))`,
  ].join('\n')
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', code], {
    cwd: root,
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  assert.equal(err, '')
  return JSON.parse(out)
}

test('every example of docs/client.md is one of those that are run', () => assert.deepEqual(others, []))

test('the example of a vendor runs', async () => {
  const { client_id: clientId, client_secret: clientSecret } = await newVendor(server)
  assert.deepEqual(await run(vendorExample, { clientId, clientSecret }, 'brands'), [])
})

test('the example of an app runs, with a person who allows it', async () => {
  const { clientId, secret: clientSecret } = scene.app
  const { email, password } = scene.person
  const [begin, finish] = (appExample ?? '').split('// in your callback:\n')
  const support = (name: string) => JSON.stringify(join(root, 'test/support', name))
  const person = `
    import { approve, signedInBrowser } from ${support('actors.ts')}
    const session = {}
    let opened
    const redirect = (to) => (opened = to)`
  const allows = `
    const server = { base: ${JSON.stringify(server.base)} }
    const browser = await signedInBrowser(server, ${JSON.stringify({ email, password })})
    const request = { url: (await approve(browser, opened.slice(server.base.length))).headers.location }`
  const shown = await run(
    [begin, allows, finish].join('\n'),
    { clientId, clientSecret, redirectUri: 'https://your-server/callback/' },
    '{ sub: claims.sub, team: me.team }',
    person,
  )
  assert.deepEqual(shown, { sub: scene.person.id, team: scene.team })
})

test('the example of a machine and of a key holder runs', async () => {
  const { clientId, secret: clientSecret } = await newApp(server, {
    door: 'openchatstudio',
    grant_types: ['client_credentials'],
    team: scene.teamId,
    scope: 'chatbot:read',
  })
  const given = { clientId, clientSecret, key: server.demo.keys['live'] }
  const shown = await run(machineExample, given, '[Boolean(chatbots), Array.isArray(domains.data)]')
  assert.deepEqual(shown, [true, true])
})

test('the example of errors tells what to do', async () => {
  const cases: [code: string, told: string][] = [
    ['sign_in_required', 'sign in'],
    ['invalid_grant', 'sign in'],
    ['rate_limited', 'in 5'],
  ]
  for (const [code, told] of cases) {
    const first = `
      let told
      const sendToSignIn = () => (told = 'sign in')
      const tryAgainIn = (seconds) => (told = 'in ' + seconds)
      const tokens = { access: () => Promise.reject(new TokenError(${JSON.stringify(code)})) }`
    assert.equal(await run(errorExample, {}, 'told', first), told)
  }
})

test('the page knows every code of an error, and no other', () => {
  const [, errors = '', widget = ''] = page.split(/^\| code \| means \|.*$/m)
  const codes = (table: string) =>
    [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => cell.match(/[a-z_]{3,}/g) ?? [])
  assert.deepEqual(codes(errors.split('## The widget')[0] ?? '').sort(), [...tokenErrorCodes].sort())
  assert.equal(codes(widget).length, 8)
})

test('the sizes and the words that the page prints are those of the script', () => {
  const script = widgetScript()
  const [, plain, compressed] = /The script is ([\d.]+) kB, ([\d.]+) kB compressed/.exec(page) ?? []
  assert.equal(plain, (script.length / 1000).toFixed(1))
  // Another version of zlib may be better or worse by some bytes.
  const actual = gzipSync(script, { level: 9 }).length / 1000
  assert.ok(Math.abs(Number(compressed) - actual) < 0.1, `${compressed} kB, not ${actual}`)
  const place = { origin: 'https://shop.example', agent: 'support-bot', server: 'https://login.example.com' }
  const words = problemWords('origin_not_allowed', place, 403)
  assert.ok(page.replaceAll('\n> ', ' ').includes(words), words)
})
