import fc from 'fast-check'
import { junkHeader, nasty, nastyJson, nastySegment, otherBody } from './hostile.ts'
import { type Knock, type Pairs, textsOf } from './knock.ts'
import { wide } from './world.ts'

type Good = Omit<Knock, 'path'>

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND']
/** Names that some endpoint knows, and names that no object should be asked for. */
const otherNames = (
  '__proto__ constructor toString scope client_id client_secret redirect_uri state prompt max_age nonce request request_uri ' +
  'response_mode resource claims authorization_details dpop_jkt acr_values team csrf decision grant_type code error iss ' +
  'client_assertion client_assertion_type audience requested_token_type actor_token subject_token_type login_hint id_token_hint'
).split(' ')

/** Once in so many times. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>, times: number) =>
  fc.oneof({ arbitrary: fc.constant(null), weight: times - 1 }, { arbitrary, weight: 1 })

/** What is done to a request that gets far. */
const change = (values: readonly string[], names: readonly string[]) => {
  const value = fc.oneof(
    { arbitrary: nasty, weight: 1 },
    { arbitrary: fc.constantFrom(...values), weight: 2 },
  )
  const name = fc.constantFrom(...names, ...otherNames)
  const json = fc.oneof(nastyJson, value)
  return fc.record({
    good: fc.nat(),
    without: fc.array(fc.nat(), { maxLength: 1 }),
    instead: fc.array(fc.tuple(fc.nat(), value, json, seldom(fc.nat(), 2)), { maxLength: 2 }),
    more: fc.array(fc.tuple(name, value, json), { maxLength: 2 }),
    twice: seldom(fc.nat(), 8),
    method: seldom(fc.constantFrom(...methods), 12),
    body: seldom(otherBody, 10),
    nested: seldom(nastyJson, 20),
    bare: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    bearer: seldom(fc.nat(), 5),
    headers: fc.oneof(fc.constant([]), fc.array(junkHeader, { maxLength: 2 })),
    segment: seldom(nastySegment, 8),
    id: fc.nat(),
    tail: fc.constantFrom('', '', '', '/'),
  })
}
type Change = ReturnType<typeof change> extends fc.Arbitrary<infer Value> ? Value : never

/** Values of a name, from wherever it is asked for. */
type Kin = (name: string) => readonly string[]

const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)]

function changedPairs(pairs: Pairs, { without, instead, more, twice }: Change, kin: Kin): Pairs {
  const gone = new Set(without.map((index) => index % Math.max(1, pairs.length)))
  const put = new Map(
    instead.map(([index, value, , own]) => {
      const place = index % Math.max(1, pairs.length)
      const alike = own === null ? undefined : at(kin(pairs[place]?.[0] ?? ''), own)
      return [place, alike ?? value]
    }),
  )
  const kept = pairs
    .map(([name, value], index) => [name, put.get(index) ?? value] as const)
    .filter((_pair, index) => !gone.has(index))
  const again = twice === null ? undefined : at(kept, twice)
  return [...kept, ...(again ? [again] : []), ...more.map(([name, value]) => [name, value] as const)]
}

function changedJson(json: unknown, { without, instead, more, nested }: Change): unknown {
  if (nested !== null) return nested
  if (typeof json !== 'object' || json === null) return json
  const names = Object.keys(json)
  const all = new Map(Object.entries(json))
  for (const [index, , value] of instead) all.set(at(names, index) ?? 'x', value)
  for (const index of without) all.delete(at(names, index) ?? '')
  for (const [name, , value] of more) all.set(name, value)
  return Object.fromEntries(all)
}

function pathOf(
  template: string,
  { segment, id, tail }: Change,
  ids: (name: string) => readonly string[],
): string {
  const filled = template
    .replace(/\{(\w+)\}/g, (_all, name: string) => segment ?? at(ids(name), id) ?? 'none')
    .replace('/*', `/v1/${segment ?? 'domains'}`)
  return tail === '/' && !filled.endsWith('/') ? `${filled}/` : filled
}

/** Another’s credential in the place of one’s own. */
function withBearer(headers: Pairs, bearer: string | undefined): Pairs {
  if (bearer === undefined) return headers
  return [...headers.filter(([name]) => name !== 'Authorization'), ['Authorization', `Bearer ${bearer}`]]
}

function changed(good: Good, made: Change, path: string, kin: Kin): Knock {
  const { method, bare, headers, body, bearer } = made
  const kept = bare
    ? []
    : withBearer(good.headers ?? [], bearer === null ? undefined : at(kin('bearer'), bearer))
  // What a page was asked about stands in the address, beside the form.
  const inQuery =
    (good.form === undefined && good.json === undefined) || (made.id % 3 === 0 && good.query !== undefined)
  const knock: Knock = {
    ...good,
    path,
    method: method ?? good.method,
    headers: [...kept, ...headers],
    query: inQuery ? changedPairs(good.query ?? [], made, kin) : (good.query ?? []),
    ...(good.form && {
      form: inQuery ? good.form : changedPairs(good.form, made, kin),
    }),
    ...(good.json !== undefined && { json: changedJson(good.json, made) }),
  }
  if (body === null) return knock
  const { form: _form, json: _json, ...rest } = knock
  return { ...rest, ...body }
}

/** What attempts at one endpoint are made of. */
export interface Ingredients {
  readonly path: string
  readonly goods: readonly Good[]
  /** Live values, from whatever place. */
  readonly values: readonly string[]
  /** Live values of a name. */
  kin(name: string): readonly string[]
  ids(name: string): readonly string[]
}

/** Requests at an endpoint: good ones as they are, and changed in every way. */
export function attempts({ path, goods, values, kin, ids }: Ingredients): fc.Arbitrary<Knock> {
  const names = [
    ...new Set(goods.flatMap((good) => [...(good.query ?? []), ...(good.form ?? [])]).map(([name]) => name)),
  ]
  return change(values, names).map((made) =>
    changed(at(goods, made.good) ?? { method: 'GET' }, made, pathOf(path, made, ids), kin),
  )
}

/** The good requests, unchanged. */
export function unchanged({ path, goods, ids }: Ingredients): readonly Knock[] {
  const nothing = { segment: null, id: 0, tail: '' } as Change
  return goods.map((good) => ({ ...good, path: pathOf(path, nothing, ids) }))
}

/** All texts of requests, to mix them into others. */
export function valuesOf(goods: readonly Good[]): readonly string[] {
  const all = goods.flatMap((good) => [...textsOf({ ...good, path: '' })])
  return [...new Set(all)].filter((one) => one !== '' && !one.startsWith('Bearer '))
}

const foreign = ['https://evil.example/', '//evil.example', 'https://evil.example/?', 'javascript:alert(1)']
const usual: Readonly<Record<string, readonly string[]>> = {
  redirect_uri: foreign,
  post_logout_redirect_uri: foreign,
  return: foreign,
  scope: [...wide, wide.join(' '), 'session:write', 'domains:read domains:write billing:write'],
}

/** The values of each name in requests, with those that somebody who wants more would send. */
export function kinOf(goods: readonly Good[]): (name: string) => readonly string[] {
  const all = new Map(Object.entries(usual).map(([name, values]) => [name, [...values]]))
  for (const [name, value] of goods.flatMap((good) => [...(good.query ?? []), ...(good.form ?? [])]))
    all.set(name, [...(all.get(name) ?? []), value])
  const bearers = goods
    .flatMap(({ headers = [] }) => headers.map(([, value]) => value))
    .filter((value) => value.startsWith('Bearer '))
    .map((value) => value.slice('Bearer '.length))
  all.set('bearer', [...new Set(bearers)])
  return (name) => all.get(name) ?? []
}
