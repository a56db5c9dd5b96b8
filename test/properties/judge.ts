import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readForm } from '../support/browser.ts'
import type { Answer } from '../support/http.ts'
import type { MountedEndpoint } from '../support/server.ts'
import type { Knock } from './knock.ts'
import { addresses, type World } from './world.ts'

const root = join(import.meta.dirname, '../..')
const documented = new Set(readdirSync(join(root, 'docs/errors')).map((name) => name.replace(/\.md$/, '')))
/** What OSIR's document calls its errors, which is not what others do. */
const osirCodes = ['unauthorized', 'forbidden', 'rate_limit_exceeded', 'unavailable']
/** The guard's own, in the documents of the platforms. */
const guardCodes = ['plan_required']

type Shape = 'detail' | 'oauth' | 'message' | 'page'
const shapes: Readonly<Record<string, Shape>> = {
  oshara: 'detail',
  'oshara-widgets': 'detail',
  'oshara-keys': 'detail',
  'openchatstudio-keys': 'detail',
  openchatstudio: 'oauth',
  'osir-oauth': 'oauth',
  charp: 'oauth',
  admin: 'oauth',
  guard: 'oauth',
  osir: 'message',
  system: 'message',
  portal: 'page',
  device: 'page',
  requests: 'page',
  demo: 'page',
}
const pages = /\/(?:authorize|logout|logout\/confirm|errors\/\{code\})$/

/** How an endpoint words refusals; a route of a proxy has a shape of its own. */
function shapesOf({ door, path }: MountedEndpoint, { status }: Answer): readonly (Shape | undefined)[] {
  // A segment that can't be one leads to no endpoint: the door that all of it is below answers, or nobody's.
  if ([400, 404, 413].includes(status) && path.includes('{'))
    return [pages.test(path) ? 'page' : shapes[door], shapes[door], 'message']
  if (/^\/guard\/(forward-auth|envoy)/.test(path)) return ['oauth', 'message', 'detail']
  return [pages.test(path) ? 'page' : shapes[door]]
}

const isPage = (headers: Answer['headers']) => headers['content-type']?.startsWith('text/html') ?? false

const isTexts = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')

function fits(shape: Shape | undefined, { headers, json, text }: Answer): boolean {
  const type = headers['content-type'] ?? ''
  const { error, error_description: description, message, detail, code } = json
  const known = (name: unknown, more: readonly string[] = []) =>
    typeof name === 'string' && (documented.has(name) || [...guardCodes, ...more].includes(name))
  if (shape === 'page') return isPage(headers) && text.startsWith('<!doctype html>')
  if (!/^application\/json\b/.test(type)) return false
  if (shape === 'oauth') return known(error) && typeof description === 'string'
  if (shape === 'message') return known(error, osirCodes) && typeof message === 'string'
  if (shape !== 'detail') return false
  if (typeof detail === 'string') return code === undefined || known(code)
  return Object.values(json).length > 0 && Object.values(json).every(isTexts)
}

/** A refusal is worded as its door words it, by a code that the documents explain. */
export function judgeRefusal(answer: Answer, endpoint: MountedEndpoint, knock: Knock): void {
  const { status, headers, text } = answer
  // The one thing that a server says it can't do, where nobody has set it up.
  const notSetUp = status === 501 && endpoint.path.startsWith('/api/auth/google')
  assert.ok(status < 500 || notSetUp, `${status} ${text.slice(0, 300)}`)
  assert.doesNotMatch(text, /\bat .{1,200}\.[jt]s:\d+|node_modules|SQLITE|sqlite/)
  if (status < 400 || knock.method === 'HEAD') return
  const shape = shapesOf(endpoint, answer)
  assert.ok(
    shape.some((one) => fits(one, answer)),
    `not in the shape ${shape}: ${status} ${headers['content-type']} ${text.slice(0, 300)}`,
  )
  if (!shape.includes('message') || shape.length === 1)
    assert.match(String(headers['cache-control']), /no-store/, 'a refusal that may be kept')
  if (status === 401 && !shape.includes('page'))
    assert.ok(headers['www-authenticate'], '401 without a challenge')
}

/** A page brings what keeps it from being framed, kept, or from running what is not ours. */
export function judgePage({ headers, text }: Answer, { path }: MountedEndpoint): void {
  if (!isPage(headers)) return
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /^default-src 'none';.*base-uri 'none'/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.ok(headers['referrer-policy'], 'no Referrer-Policy')
  if (path === '/o/check_session') return
  assert.match(policy, /frame-ancestors 'none'/)
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.match(String(headers['cache-control']), /no-store/)
  assert.doesNotMatch(text, /<script|<iframe[^>]*srcdoc|\son\w+=|javascript:/i)
  const sources = /form-action ([^;]*);/.exec(policy)?.[1]?.split(' ') ?? []
  for (const source of sources) assert.ok(formSources.includes(source), `form-action ${source}`)
}

const formSources = [
  "'self'",
  ...Object.values(addresses)
    .flat()
    .concat(['https://yourapp.com/callback', 'https://victim.example/cb'] as never)
    .map((address) => (address.startsWith('http') ? new URL(address).origin : new URL(address).protocol)),
]

const isOurs = (address: string) => /^\/(?![/\\])/.test(address) && !/[\r\n\\]/.test(address)
const isAt = (known: string) => (address: string) =>
  address === known || address.startsWith(`${known}${known.includes('?') ? '&' : '?'}`)

/** The addresses that the client of a request registered for what the endpoint does. */
function registeredFor(knock: Knock, { path, door }: MountedEndpoint, world: World): readonly string[] {
  const pairs = [...(knock.query ?? []), ...(knock.form ?? [])]
  const clientIds = pairs.filter(([name]) => name === 'client_id').map(([, value]) => value)
  const { scene, other, page, osir, victim, registered } = world
  const redirect = new Map<string, readonly string[]>([
    [scene.app.clientId, addresses.main],
    [other.clientId, addresses.other],
    [page.clientId, addresses.page],
    [osir.app.clientId, ['https://yourapp.com/callback', 'http://127.0.0.1/demo/callback']],
    [victim.app.clientId, ['https://victim.example/cb']],
    ...Object.values(registered).map(({ clientId }) => [clientId, ['https://self.example/cb']] as const),
  ])
  if (path.endsWith('/authorize')) return clientIds.flatMap((one) => redirect.get(one) ?? [])
  return door === 'openchatstudio' && path.startsWith('/o/logout') ? addresses.bye : []
}

/** Every address that an answer leads a browser to. */
function destinations({ headers, text }: Answer): readonly string[] {
  const refresh = String(headers['refresh'] ?? '').replace(/^\d+; *url=/, '')
  const unescaped = (html: string) =>
    html.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"')
  const links = isPage(headers) ? [...text.matchAll(/\s(?:href|src|action|formaction)="([^"]*)"/g)] : []
  const metas = isPage(headers) ? [...text.matchAll(/http-equiv="refresh"[^>]*url=([^">]*)/gi)] : []
  return [
    ...(headers.location === undefined ? [] : [headers.location]),
    ...(refresh === '' ? [] : [refresh]),
    ...[...links, ...metas].map(([, address = '']) => unescaped(address)),
  ]
}

/** A browser is led to this server, or where the client of this request registered to be answered. */
export function judgeDestinations(
  answer: Answer,
  endpoint: MountedEndpoint,
  knock: Knock,
  world: World,
): void {
  const known = registeredFor(knock, endpoint, world)
  const upstream = endpoint.path.startsWith('/api/auth/google') ? [answer.headers.location ?? ''] : []
  for (const address of destinations(answer)) {
    const fine = isOurs(address) || known.some((one) => isAt(one)(address)) || upstream.includes(address)
    assert.ok(fine || address === 'data:,', `leads to ${address}`)
  }
}

/** The parameters that an answer of the authorization endpoint hands to a client, however they travel. */
export function responseIn(answer: Answer): ReadonlyMap<string, string> {
  const { location } = answer.headers
  const isForm = isPage(answer.headers) && /<form/.test(answer.text)
  const form = isForm ? readForm(answer.text) : undefined
  const away = location !== undefined && !isOurs(location) && URL.canParse(location)
  const given = new Map(
    away ? [...new URL(location).searchParams] : form && !isOurs(form.action) ? form.fields : [],
  )
  const claims = given.get('response')?.split('.')[1]
  if (claims === undefined) return given
  const inside = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  return new Map(Object.entries(inside).map(([name, value]) => [name, String(value)]))
}

/** Pages of others may read what is everybody's, or what they may ask for themselves; cookies are never part of it. */
export function judgeCors({ headers }: Answer, { path, door }: MountedEndpoint, knock: Knock): void {
  assert.equal(headers['access-control-allow-credentials'], undefined)
  const allow = headers['access-control-allow-origin']
  if (allow === undefined) return
  const origins = (knock.headers ?? [])
    .filter(([name]) => name.toLowerCase() === 'origin')
    .map(([, one]) => one)
  if (allow === '*') return assert.ok(door === 'system' || path === '/guard/openapi.json', `* at ${path}`)
  assert.deepEqual(origins, [allow])
  assert.match(String(headers['vary']), /origin/i)
  if (door === 'oshara-widgets') return
  assert.equal(door, 'openchatstudio')
  assert.ok([new URL(addresses.page[0]).origin].includes(allow), `${allow} may read ${path}`)
}
