import fc from 'fast-check'
import { junkHeader, nasty, nastyJson, nastySegment, otherBody } from './hostile.ts'
import { type Knock, type Pairs, textsOf } from './knock.ts'

type Good = Omit<Knock, 'path'>

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND']
/** Names that some endpoint knows, and names that no object should be asked for. */
const otherNames = (
  '__proto__ constructor toString scope client_id client_secret redirect_uri state prompt max_age nonce request request_uri ' +
  'response_mode resource claims authorization_details dpop_jkt acr_values team csrf decision grant_type code error iss ' +
  'client_assertion client_assertion_type audience requested_token_type actor_token subject_token_type login_hint id_token_hint'
).split(' ')

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
    instead: fc.array(fc.tuple(fc.nat(), value, json), { maxLength: 2 }),
    more: fc.array(fc.tuple(name, value, json), { maxLength: 2 }),
    twice: fc.option(fc.nat(), { freq: 8 }),
    method: fc.option(fc.constantFrom(...methods), { freq: 12 }),
    body: fc.option(otherBody, { freq: 10 }),
    nested: fc.option(nastyJson, { freq: 20 }),
    bare: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    headers: fc.oneof(fc.constant([]), fc.array(junkHeader, { maxLength: 2 })),
    segment: fc.option(nastySegment, { freq: 8 }),
    id: fc.nat(),
    tail: fc.constantFrom('', '', '', '/'),
  })
}
type Change = ReturnType<typeof change> extends fc.Arbitrary<infer Value> ? Value : never

const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)]

function changedPairs(pairs: Pairs, { without, instead, more, twice }: Change): Pairs {
  const gone = new Set(without.map((index) => index % Math.max(1, pairs.length)))
  const put = new Map(instead.map(([index, value]) => [index % Math.max(1, pairs.length), value]))
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

function changed(good: Good, made: Change, path: string): Knock {
  const { method, bare, headers, body } = made
  const kept = bare ? [] : (good.headers ?? [])
  const inQuery = good.form === undefined && good.json === undefined
  const knock: Knock = {
    ...good,
    path,
    method: method ?? good.method,
    headers: [...kept, ...headers],
    query: inQuery ? changedPairs(good.query ?? [], made) : (good.query ?? []),
    ...(good.form && { form: changedPairs(good.form, made) }),
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
  ids(name: string): readonly string[]
}

/** Requests at an endpoint: good ones as they are, and changed in every way. */
export function attempts({ path, goods, values, ids }: Ingredients): fc.Arbitrary<Knock> {
  const names = [
    ...new Set(goods.flatMap((good) => [...(good.query ?? []), ...(good.form ?? [])]).map(([name]) => name)),
  ]
  return change(values, names).map((made) =>
    changed(at(goods, made.good) ?? { method: 'GET' }, made, pathOf(path, made, ids)),
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
  return [...new Set(all)].filter((one) => one !== '')
}
