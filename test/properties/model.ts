import type { Answer } from '../support/http.ts'
import { type Knock, textsOf } from './knock.ts'
import { accessTokenType } from '../support/grants.ts'
import { assertionGrant, backchannel, deviceGrant, exchangeGrant, type Live } from './live.ts'
import { allowed, wide, type World } from './world.ts'

/** Something that tokens are given for: all these texts together, at that address. */
export interface Title {
  readonly at: RegExp
  /** The `grant_type` by which it is cashed in. */
  readonly type?: string
  readonly all: readonly string[]
  /** The most that may come of it; left out: what comes of it has no scope. */
  readonly scope?: readonly string[]
  /** Whether it is gone once it was used. */
  readonly once?: true
}

/** What the test knows to have been granted. */
export interface Model {
  readonly titles: Set<Title>
  /** What the person allowed, by client. */
  readonly consents: Map<string, Set<string>>
  /** What no answer may tell whoever did not send it. */
  readonly secrets: Set<string>
  /** Secrets that somebody sent to where names are kept: they are shown there. */
  readonly givenAway: Set<string>
}

const osirScope = ['domains:read', 'domains:write']
const keyScopes = ['domains', 'vps', 'email', 'billing'].flatMap((one) => [`${one}:read`, `${one}:write`])

function ofTokens({ scene, other, machine, page, osir }: World, live: Live): readonly Title[] {
  const at = /^\/o\/token$/
  const [main, another] = [scene.app, other].map(({ clientId, secret }) => [clientId, secret] as const)
  if (!main || !another) return []
  const own = [osir.app.clientId, osir.app.secret]
  const assertion = { at, type: assertionGrant, all: [live.assertion], scope: wide, once: true } as const
  return [
    { at, type: 'authorization_code', all: [live.code, ...main], scope: allowed, once: true },
    { at, type: 'refresh_token', all: [live.tokens.refresh, ...main], scope: allowed },
    { at, type: 'client_credentials', all: [machine.clientId, machine.secret], scope: ['chatbot:read'] },
    { ...assertion, all: [live.assertion, ...main] },
    { ...assertion, all: [live.assertion, ...another] },
    { at, type: exchangeGrant, all: [live.tokens.access, accessTokenType, ...main], scope: allowed },
    { at, type: exchangeGrant, all: [live.tokens.access, accessTokenType, ...another], scope: allowed },
    {
      at: /^\/oauth\/token$/,
      type: 'authorization_code',
      all: [live.osir.code, ...own],
      scope: osirScope,
      once: true,
    },
    { at: /^\/oauth\/token$/, type: 'refresh_token', all: [live.osir.refresh, ...own], scope: osirScope },
    { at: /^\/o\/par$/, all: main },
    { at: /^\/o\/par$/, all: another },
    { at: /^\/o\/par$/, all: [page.clientId] },
    { at: /^\/o\/(device|backchannel)_auth/, all: main },
    { at: /^\/o\/(device|backchannel)_auth/, all: another },
  ]
}

function ofOthers({ scene, victim, vendor, admin, registered, server }: World, live: Live): readonly Title[] {
  const people = [scene.person, victim.person]
  const [readonly = '', ...keys] = ['readonly', 'live', 'test'].map((name) => server.demo.keys[name] ?? '')
  const signedIn = [admin, live.person.access, ...people.map(({ access }) => access)]
  const minted = /^\/v1\/session-tokens$/
  const atPeople = /^\/api\/auth\/(login|refresh|signup|password\/change)$/
  return [
    { at: /^\/api\/auth\/signup$/, all: [] },
    ...(live.upstream.cookie === ''
      ? []
      : [
          {
            at: /google\/callback$/,
            all: [
              ...live.upstream.query.map(([, value]) => value),
              live.upstream.cookie.slice(live.upstream.cookie.indexOf('=') + 1),
            ],
            once: true,
          } as const,
        ]),
    ...people.flatMap(({ email, password, refresh }): Title[] => [
      { at: atPeople, all: [email, password] },
      { at: atPeople, all: [refresh] },
    ]),
    { at: atPeople, all: [live.person.refresh] },
    ...signedIn.flatMap((access): Title[] => [
      { at: /\/api-keys$/, all: [access], scope: [...keyScopes, ...wide, 'session:write'] },
      { at: minted, all: [access], scope: keyScopes },
      { at: atPeople, all: [access, victim.person.password] },
    ]),
    ...['https://mysite.com', 'https://staging.mysite.com'].map(
      (origin): Title => ({ at: /agent-session$/, all: ['support-bot', origin] }),
    ),
    { at: minted, all: [readonly], scope: keyScopes.filter((one) => one.endsWith(':read')) },
    ...keys.map((key): Title => ({ at: minted, all: [key], scope: keyScopes })),
    { at: /^\/auth\/token$/, all: [vendor.client_id, vendor.client_secret] },
    { at: /^\/auth\/refresh$/, all: [live.vendor.refresh] },
    { at: /^\/(admin\/|vendors$)/, all: [admin], scope: [...wide, ...keyScopes, 'session:write'] },
    { at: /^\/o\/register$/, all: [], scope: [...wide, 'session:write'] },
    { at: /^\/oauth\/register$/, all: [live.initial.token], scope: keyScopes },
    ...Object.entries(registered).map(
      ([path, { token }]): Title => ({
        at: new RegExp(`^${path}/register/`),
        all: [token],
        scope: [...wide, ...keyScopes, 'session:write'],
      }),
    ),
  ]
}

/** A model of a server on which nothing has been asked yet. */
export function newModel({ scene }: World): Model {
  return {
    titles: new Set(),
    consents: new Map([[scene.app.clientId, new Set(allowed)]]),
    secrets: new Set(),
    givenAway: new Set(),
  }
}

/** Adds what was made for the requests that follow. */
export function learn(model: Model, world: World, live: Live): void {
  model.titles.clear()
  for (const title of [...ofTokens(world, live), ...ofOthers(world, live)]) model.titles.add(title)
  const { scene, other, machine, osir, vendor, victim, registered, admin, server } = world
  const { code, tokens, device, asked, person, upstream } = live
  const all = [
    ...[scene.app, other, machine, osir.app, victim.app].map(({ secret }) => secret),
    ...[scene.person, victim.person].flatMap(({ access, refresh }) => [access, refresh]),
    ...Object.values(registered).flatMap(({ secret, token }) => [secret, token]),
    ...upstream.query.filter(([name]) => name !== 'iss').map(([, value]) => value),
    ...Object.values(server.demo.keys),
    ...Object.values(live.keys).map(({ key }) => key),
    ...Object.values(tokens),
    ...Object.values(live.osir),
    live.vendor.access,
    live.vendor.refresh,
    ...Object.values(person),
    vendor.client_secret,
    world.guard.clientSecret,
    admin,
    live.initial.token,
    code,
    device.code,
    asked.secret,
    ...live.cookie.split('; ').map((one) => one.slice(one.indexOf('=') + 1)),
  ]
  for (const one of all) if (one.length > 12 && !model.givenAway.has(one)) model.secrets.add(one)
}

const wordsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : String(value ?? '').split(' ')).map(String).filter(Boolean)

/** The title that a request has to what came; the reason where it has none. */
export function titleOf(model: Model, knock: Knock, path: string, answer: Answer): Title | string {
  const texts = textsOf(knock)
  const type = knock.form?.find(([name]) => name === 'grant_type')?.[1]
  const titles = [...model.titles].filter(
    (title) =>
      title.at.test(path) &&
      (title.type === undefined || title.type === type) &&
      title.all.every((one) => texts.has(one)),
  )
  const given = [...wordsOf(answer.json['scope']), ...wordsOf(answer.json['scopes'])]
  const enough = titles.find(({ scope = [] }) => given.every((one) => scope.includes(one)))
  if (enough) return enough
  return titles.length === 0 ? 'nothing that was granted' : `only ${titles.map(({ scope }) => scope)}`
}

/** What an answer changes: a code is gone, a person has said yes, a refresh token has a successor. */
export function moveOn(
  model: Model,
  world: World,
  live: Live,
  knock: Knock,
  title: Title | undefined,
  answer: Answer,
): void {
  if (title?.once) model.titles.delete(title)
  const { refresh_token: refresh } = answer.json
  if (title && typeof refresh === 'string') {
    const { at, all, scope = [], type } = title
    // Of a client’s titles the last two are what proves it; a vendor’s token is its whole credential.
    if (type !== undefined)
      model.titles.add({ at, type: 'refresh_token', all: [refresh, ...all.slice(-2)], scope })
    else model.titles.add({ at: /^\/(auth|api\/auth)\/refresh$/, all: [refresh] })
  }
  approveIn(model, world, live, knock, answer)
}

const field = (knock: Knock, name: string) =>
  (knock.form ?? []).filter(([one]) => one === name).map(([, value]) => value)

function sameRequest(knock: Knock, { query }: Live['consent']): boolean {
  const names = ['client_id', 'redirect_uri', 'scope', 'team', 'code_challenge', 'state']
  const of = (pairs: Knock['query'], wanted: string) =>
    (pairs ?? []).filter(([name]) => name === wanted).map(([, value]) => value)
  return names.every((name) => of(knock.query, name).join('\n') === of(query, name).join('\n'))
}

/** Whether a form of ours came as it was shown, from the browser that it was shown to, with a yes. */
export function saysYes(knock: Knock, live: Live): boolean {
  const cookie = knock.headers?.find(([name]) => name.toLowerCase() === 'cookie')?.[1] ?? ''
  const forms = [live.consent, live.device.page, live.asked.page].map(
    (page) => page?.fields.find(([name]) => name === 'request')?.[1],
  )
  return (
    knock.method === 'POST' &&
    cookie.includes(live.cookie.split('; ').find((one) => one.startsWith('sallyport_session=')) ?? '?') &&
    field(knock, 'decision').join(' ') === 'approve' &&
    forms.includes(field(knock, 'request')[0]) &&
    field(knock, 'csrf').length === 1 &&
    // What the page did not show, nobody has agreed to.
    (!knock.path.includes('authorize') || sameRequest(knock, live.consent))
  )
}

function approveIn(model: Model, world: World, live: Live, knock: Knock, { status }: Answer): void {
  if (!saysYes(knock, live) || status >= 400) return
  const { clientId, secret } = world.other
  const asked = live.consent.fields.filter(([name]) => name === 'scope').map(([, value]) => value)
  const ticked = field(knock, 'scope').filter((one) => asked.includes(one))
  const at = /^\/o\/token$/
  const add = (type: string, deferred: string) =>
    model.titles.add({ at, type, all: [deferred, clientId, secret], scope: ticked, once: true })
  if (knock.path === '/device/decision') add(deviceGrant, live.device.code)
  else if (knock.path.startsWith('/account/requests/')) add(backchannel, live.asked.secret)
  else if (knock.path.includes('authorize')) {
    const consent = model.consents.get(clientId) ?? new Set()
    for (const one of ticked) consent.add(one)
    model.consents.set(clientId, consent)
  }
}
