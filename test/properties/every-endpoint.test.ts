/**
 * RFC 9700 §4.11, RFC 6749 §5.2: whatever is sent to any address of a server, as the documents have it and with everything switched
 * on. The addresses are those that the server mounts: one that nobody thought of here fails until it has requests that get far.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { call } from '../support/actors.ts'
import type { Answer } from '../support/http.ts'
import type { MountedEndpoint } from '../support/server.ts'
import { attempts, type Ingredients, kinOf, unchanged, valuesOf } from './attempt.ts'
import { goodRequests, idsOf } from './grammar.ts'
import { judgeCors, judgeDestinations, judgePage, judgeRefusal, responseIn } from './judge.ts'
import { type Knock, knockAt, textsOf } from './knock.ts'
import { bringToLife, type Live, pkce } from './live.ts'
import { learn, type Model, moveOn, newModel, saysYes, titleOf } from './model.ts'
import { revived, startWorld, type World } from './world.ts'

/** How many requests an endpoint gets for each of its methods, and from which seed. */
const runs = Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 16)
const seed = Number(process.env['SALLYPORT_PROPERTY_SEED'] ?? 20_261_124)
/** Where most can go wrong. */
const often = /\/(authorize|token|par|logout|confirm|sign-in|sign-up)$/

/** Where what was sent is shown again later. */
const keepsNames = /^\/(?:admin|vendors|account\/keys)|\/api-keys|\/register/

/** Whose values are mixed into what others are sent. */
const mixedIn = [
  '/o/authorize',
  '/o/token',
  '/o/logout',
  '/auth/refresh',
  '/api/auth/refresh',
  '/sign-in',
  '/o/register/{clientId}',
  '/oauth/register/{clientId}',
  '/admin/audit',
  '/v1/api-keys',
  '/o/userinfo',
]

const secretMembers =
  'access_token refresh_token id_token access refresh token key client_secret registration_access_token device_code auth_req_id request_uri'.split(
    ' ',
  )

function secretsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) =>
    typeof one === 'string' ? (secretMembers.includes(name) ? [one] : []) : secretsIn(one),
  )
}

/** What one endpoint is tried with. */
interface Trial {
  readonly world: World
  readonly live: Live
  readonly model: Model
  readonly endpoint: MountedEndpoint
}

/** A code is for who was allowed, and is worth no more than that. */
async function judgeCode({ world, live, model }: Trial, knock: Knock, answer: Answer): Promise<void> {
  const code = responseIn(answer).get('code')
  if (code === undefined) return
  const [main, other] = [world.scene.app, world.other]
  const isOther = knock.query?.some(([name, value]) => name === 'client_id' && value === other.clientId)
  const app = isOther ? other : main
  const consent = model.consents.get(app.clientId)
  assert.ok(
    consent && (!isOther || knock.method === 'GET' || saysYes(knock, live)),
    'a code without a consent',
  )
  const session = live.cookie.split('; ').find((one) => one.startsWith('sallyport_session='))
  assert.ok(
    knock.headers?.some(([name, value]) => /^cookie$/i.test(name) && value.includes(session ?? '?')),
    'a code for nobody',
  )
  const all = [...(knock.query ?? []), ...(knock.form ?? [])]
  const redirect = all.find(([name]) => name === 'redirect_uri')?.[1] ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: pkce.verifier,
    redirect_uri: redirect,
  }
  const redeemed = await call(world.server, '/o/token', {
    form: { ...form, client_id: app.clientId, client_secret: app.secret },
  })
  for (const one of String(redeemed.json['scope'] ?? '')
    .split(' ')
    .filter(Boolean))
    assert.ok(consent.has(one), `${one} was never allowed`)
}

function judgeSecrets({ model, endpoint, world, live }: Trial, knock: Knock, answer: Answer): void {
  const path = endpoint.path.replace(/\/$/, '')
  const given = answer.status < 300 ? secretsIn(answer.json) : []
  const title = given.length === 0 ? undefined : titleOf(model, knock, path, answer)
  assert.ok(
    typeof title !== 'string',
    `${given.length} secrets for ${String(title)}: ${answer.text.slice(0, 200)}`,
  )
  if (given.length > 0)
    assert.match(String(answer.headers['cache-control']), /no-store/, 'a secret that may be kept')
  const sent = [...textsOf(knock)]
  const told = `${JSON.stringify(answer.headers)} ${answer.text}`
  for (const secret of model.secrets) {
    if (given.includes(secret) || !told.includes(secret)) continue
    const before = told.slice(Math.max(0, told.indexOf(secret) - 60), told.indexOf(secret))
    assert.ok(
      sent.some((text) => text.includes(secret)),
      `tells a secret: …${before}`,
    )
  }
  // Somebody wrote it where names are kept, and may read it there.
  if (keepsNames.test(path) && answer.status < 400) {
    const kept = [...textsOf({ ...knock, headers: [] })]
    for (const secret of model.secrets) {
      if (!kept.some((text) => text.includes(secret))) continue
      model.secrets.delete(secret)
      model.givenAway.add(secret)
    }
  }
  moveOn(model, world, live, knock, title, answer)
}

function described(knock: Knock): string {
  return JSON.stringify(knock, (_name, value: unknown) =>
    typeof value === 'string' && value.length > 400 ? `${value.slice(0, 400)}…` : value,
  )
}

async function judge(trial: Trial, knock: Knock): Promise<Answer> {
  const { endpoint, world } = trial
  let status: number | undefined
  try {
    const answer = await knockAt(world.server.base, knock)
    status = answer.status
    judgeRefusal(answer, endpoint, knock)
    judgePage(answer, endpoint)
    judgeDestinations(answer, endpoint, knock, world)
    judgeCors(answer, endpoint, knock)
    judgeSecrets(trial, knock, answer)
    await judgeCode(trial, knock, answer)
    return answer
  } catch (error) {
    const said = status === undefined ? `no answer; ${world.server.log().slice(-1500)}` : `answered ${status}`
    const { message } = error as Error
    throw new Error(`${message}\n  at ${endpoint.path} for ${described(knock)}\n  ${said}`, { cause: error })
  }
}

function ingredientsOf({ endpoint, world, live }: Trial): Ingredients {
  const path = endpoint.path.replace(/(?<=.)\/$/, '')
  const goods = goodRequests(path, world, live)
  for (const method of endpoint.methods)
    assert.ok(
      goods.some((good) => good.method === method),
      `${method} ${path} is mounted, and nothing here says what a request to it looks like: add it to the grammar`,
    )
  const mixed = [...goods, ...mixedIn.flatMap((one) => goodRequests(one, world, live))]
  const [values, kin] = [valuesOf(mixed), kinOf(mixed)]
  return { path, goods, values, kin, ids: (name) => idsOf(name, path, world, live) }
}

/** First what should be answered: what never gets past a first check finds nothing behind it. */
async function tryUnchanged(trial: Trial): Promise<number> {
  const { endpoint } = trial
  const { path } = endpoint
  const knocks = unchanged(ingredientsOf(trial))
  const served = new Set<string>()
  for (const knock of knocks.toSorted(
    (one, other) => Number(one.method === 'DELETE') - Number(other.method === 'DELETE'),
  )) {
    const { status } = await judge(trial, knock)
    if (status < 400) served.add(knock.method)
  }
  const refused = endpoint.methods.filter((method) => !served.has(method))
  if (!isClosed(trial)) assert.deepEqual(refused, [], `nothing in the grammar is served at ${path}`)
  return knocks.length
}

/** What a server as it is set up has no answer for, whoever asks. */
function isClosed({ world, endpoint: { path } }: Trial): boolean {
  // The door has no scope `openid`.
  if (path === '/oauth/userinfo') return true
  return !world.rich && /^\/(?:api\/auth\/google|admin\/registration-tokens)/.test(path)
}

async function check(trial: Trial, ingredients: Ingredients, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(attempts(ingredients), async (knock) => void (await judge(trial, knock)))
  // Not shrunk: what was sent before has used things up, and one request is short enough to read.
  const found = await fc.check(property, { seed, numRuns, endOnFailure: true })
  if (!found.failed) return
  const { message } = found.errorInstance as Error
  throw new Error(`${message}\n  request ${found.numRuns} of seed ${seed}`)
}

async function tryChanged(trial: Trial): Promise<number> {
  const ingredients = ingredientsOf(trial)
  const { path, goods } = ingredients
  const kept = goods.filter(({ method }) => method !== 'DELETE')
  const numRuns = runs * trial.endpoint.methods.length * (often.test(path) ? 8 : 1)
  // What is gone refuses everything, so it goes last.
  if (kept.length > 0) await check(trial, { ...ingredients, goods: kept }, numRuns)
  if (kept.length < goods.length) await check(trial, ingredients, runs)
  return numRuns
}

for (const rich of [false, true]) {
  const name = rich ? 'with everything switched on' : 'as the documents have it'
  let world = await startWorld(rich)
  let live: Live | undefined
  const model = newModel(world)
  after(() => world.close())
  for (const endpoint of world.server.endpoints)
    test(`${name}: ${endpoint.methods.join(', ')} ${endpoint.path}`, async () => {
      let tried = 0
      for (const tryOut of [tryUnchanged, tryChanged]) {
        world = await revived(world)
        live = await bringToLife(world, endpoint, live)
        learn(model, world, live)
        tried += await tryOut({ world, live, model, endpoint })
      }
      assert.ok(tried >= runs)
    })
  test(`${name}: nothing secret is in the log`, () => {
    const log = world.server.log()
    for (const secret of model.secrets) assert.ok(!log.includes(secret), 'a secret is in the log')
  })
}
