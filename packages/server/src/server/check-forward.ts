import {
  isAcrName,
  isForwardedTo,
  normaliseTarget,
  parseForwardedPath,
  parseResource,
} from '@sallyport/protocol'
import type { DoorSettings } from '../settings/door.ts'
import type { Platform } from './platform.ts'

/** A route as a configuration file holds it: nothing has checked its types before this. */
type Written = Readonly<Record<string, unknown>>

interface Known {
  readonly doors: ReadonlyMap<string, DoorSettings>
  readonly limits: ReadonlySet<string>
  readonly plans: ReadonlySet<string>
}

const routeMembers = ['path', 'methods', 'shape', 'origin', 'rule', 'token', 'preflight', 'tellsAccounts']
const ruleMembers = [
  'doors',
  'kinds',
  'scopes',
  'plan',
  'plans',
  'environment',
  'admin',
  'limits',
  'resource',
  'mcp',
  'authentication',
]
const shapes = ['detail', 'oauth', 'message']
const kinds = ['person', 'app', 'machine', 'vendor', 'api-key', 'session-token', 'widget']

const isRecord = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
const texts = (value: unknown): readonly string[] => (isTexts(value) ? value : [])
const quoted = (value: unknown) => JSON.stringify(value) ?? 'nothing'

/** A member that nobody knows protects nothing: `scope` for `scopes` would let everybody of the door through. */
function unknownMembers(written: Written, members: readonly string[]): readonly string[] {
  return Object.keys(written)
    .filter((name) => !members.includes(name))
    .map((name) => `${name} is no member; there are ${members.join(', ')}`)
}

function checkPath(path: unknown): readonly string[] {
  if (typeof path !== 'string') return ['path must be text such as /v1/domains or /v1/*']
  const bare = path.endsWith('/*') ? path.slice(0, -2) : path
  if (path !== '/*' && parseForwardedPath(bare) !== bare)
    return [
      `path ${quoted(path)} is none that a request can have: write it plainly, from / on, without a query`,
    ]
  if (bare.includes('*')) return [`path ${quoted(path)} may have a * only as its last segment`]
  if (bare.length > 1 && bare.endsWith('/')) return [`path ${quoted(path)} must not end with a slash`]
  return []
}

function checkMethods(methods: unknown): readonly string[] {
  if (methods === undefined) return []
  if (!isTexts(methods) || methods.length === 0)
    return ['methods must be a list such as ["GET", "POST"], or left out for all']
  return methods
    .filter((method) => !/^[A-Z]+(?:-[A-Z]+)*$/.test(method))
    .map((method) => `method ${quoted(method)} must be upper-case letters`)
}

function checkFlag(written: Written, name: string): readonly string[] {
  return written[name] === undefined || written[name] === true ? [] : [`${name} must be true, or left out`]
}

function checkOrigin(origin: unknown): readonly string[] {
  const isAddress = typeof origin === 'string' && normaliseTarget(origin) !== undefined
  return origin === undefined || isAddress
    ? []
    : ['origin must be an address such as https://api.example.com']
}

/** What is wrong with a list that may only hold known names. */
function checkNames(rule: Written, name: string, known: Iterable<string>): readonly string[] {
  const value = rule[name]
  if (value === undefined) return []
  if (!isTexts(value) || value.length === 0) return [`rule.${name} must be a list of names, or left out`]
  const names = [...known]
  const may = names.length > 0 ? `; there are ${names.join(', ')}` : '; there are none'
  return value
    .filter((one) => !names.includes(one))
    .map((one) => `rule.${name} names the unknown ${quoted(one)}${may}`)
}

/** The plans that every door of a rule has a list of; `undefined` where one takes any plan. */
function plansOf(doors: readonly DoorSettings[]): ReadonlySet<string> | undefined {
  const lists = doors.map((door) => (door.kind === 'vendors' ? door.plans : undefined))
  return doors.length > 0 && lists.every((list) => list !== undefined) ? new Set(lists.flat()) : undefined
}

function checkPlans(rule: Written, doors: readonly DoorSettings[], known: Known): readonly string[] {
  const { plan, plans } = rule
  if (plan === undefined) return plans === undefined ? [] : ['rule.plans says nothing without rule.plan']
  if (typeof plan !== 'string') return ['rule.plan must be text']
  if (plans !== undefined && !isTexts(plans)) return ['rule.plans must be a list of plans, low to high']
  if (plans !== undefined && !plans.includes(plan)) return [`rule.plan ${quoted(plan)} is not in rule.plans`]
  const own = plansOf(doors)
  // Elsewhere administrators name plans; those of a list are known by being in it.
  const named = own ? [plan, ...(plans ?? [])] : plans ? [] : [plan]
  const there = own ?? known.plans
  return [...new Set(named)]
    .filter((one) => !there.has(one))
    .map((one) => `rule names the unknown plan ${quoted(one)}; there are ${[...there].join(', ')}`)
}

/** Scopes that no door of the rule can give. Only where every door has a list of scopes. */
function checkScopes(rule: Written, doors: readonly DoorSettings[]): readonly string[] {
  if (rule['scopes'] !== undefined && !isTexts(rule['scopes']))
    return ['rule.scopes must be a list of scopes']
  const lists = doors.map((door) => ('scopes' in door ? Object.keys(door.scopes) : []))
  if (lists.length === 0 || lists.some((list) => list.length === 0)) return []
  const there = lists.flat()
  return texts(rule['scopes'])
    .filter((scope) => !scope.includes('*') && !there.includes(scope))
    .map((scope) => `rule.scopes names ${quoted(scope)}, which no door of the rule can give`)
}

/** Scopes by name, as a rule for MCP has them. */
function checkScopesByName(value: unknown, name: string, doors: readonly DoorSettings[]): readonly string[] {
  if (!isRecord(value) || !Object.values(value).every(isTexts))
    return [`rule.mcp.${name} must say the scopes of each, such as { list: ["domains:read"] }`]
  const all = Object.values(value).flatMap((scopes) => texts(scopes))
  return checkScopes({ scopes: all }, doors).map((problem) =>
    problem.replace('rule.scopes', `rule.mcp.${name}`),
  )
}

function checkMcp(mcp: unknown, doors: readonly DoorSettings[]): readonly string[] {
  if (mcp === undefined) return []
  if (!isRecord(mcp)) return ['rule.mcp must be { tools } with the scopes of each tool']
  return [
    ...unknownMembers(mcp, ['tools', 'methods']).map((problem) => `rule.mcp.${problem}`),
    ...checkScopesByName(mcp['tools'], 'tools', doors),
    ...(mcp['methods'] === undefined ? [] : checkScopesByName(mcp['methods'], 'methods', doors)),
  ]
}

function checkAuthentication(value: unknown): readonly string[] {
  if (value === undefined) return []
  const known = ['acr', 'maxAge']
  if (!isRecord(value) || known.every((name) => value[name] === undefined))
    return ['rule.authentication must say acr, maxAge, or both']
  const { acr, maxAge } = value
  const isList = acr === undefined || (isTexts(acr) && acr.length > 0 && acr.every((one) => isAcrName(one)))
  const isAge = maxAge === undefined || (Number.isInteger(maxAge) && Number(maxAge) >= 0)
  return [
    ...unknownMembers(value, known).map((problem) => `rule.authentication.${problem}`),
    ...(isList ? [] : ['rule.authentication.acr must be a list of names without spaces']),
    ...(isAge ? [] : ['rule.authentication.maxAge must be a whole number of seconds']),
  ]
}

function checkRule(rule: unknown, known: Known): readonly string[] {
  if (!isRecord(rule)) return ['rule must say who may pass, such as { doors: ["osir"] }']
  const doors = texts(rule['doors']).flatMap((id) => known.doors.get(id) ?? [])
  const { environment, resource } = rule
  return [
    ...unknownMembers(rule, ruleMembers).map((problem) => `rule.${problem}`),
    ...(rule['doors'] === undefined ? ['rule.doors must name at least one door'] : []),
    ...checkNames(rule, 'doors', known.doors.keys()),
    ...checkNames(rule, 'kinds', kinds),
    ...checkNames(rule, 'limits', known.limits),
    ...checkScopes(rule, doors),
    ...checkMcp(rule['mcp'], doors),
    ...checkAuthentication(rule['authentication']),
    ...checkPlans(rule, doors, known),
    ...checkFlag(rule, 'admin').map((problem) => `rule.${problem}`),
    ...(resource === undefined || (typeof resource === 'string' && parseResource(resource))
      ? []
      : ['rule.resource must be an address such as https://api.example.com/v1']),
    ...(environment === undefined || environment === 'live' || environment === 'test'
      ? []
      : ['rule.environment must be live or test']),
  ]
}

function checkRoute(route: unknown, known: Known): readonly string[] {
  if (!isRecord(route)) return ['must be a route such as { path, shape, rule }']
  return [
    ...unknownMembers(route, routeMembers),
    ...checkPath(route['path']),
    ...checkMethods(route['methods']),
    ...(shapes.includes(String(route['shape'])) ? [] : [`shape must be one of ${shapes.join(', ')}`]),
    ...checkOrigin(route['origin']),
    ...checkFlag(route, 'token'),
    ...checkFlag(route, 'preflight'),
    ...checkFlag(route, 'tellsAccounts'),
    ...checkRule(route['rule'], known),
  ]
}

/** Whether every method of `later` is one of `earlier`; HEAD is GET as well. */
function takesMethods(earlier: Written, later: Written): boolean {
  if (earlier['methods'] === undefined) return true
  const [wide, narrow] = [texts(earlier['methods']), texts(later['methods'])]
  const takes = (method: string) => wide.includes(method === 'HEAD' && wide.includes('GET') ? 'GET' : method)
  return later['methods'] !== undefined && narrow.every(takes)
}

/** Whether whatever is for `later` is for `earlier` as well, which comes first. */
function hides(earlier: Written, later: Written): boolean {
  const [wide, narrow] = [String(earlier['path']), String(later['path'])]
  if (!takesMethods(earlier, later)) return false
  if (!wide.endsWith('/*')) return wide === narrow
  return isForwardedTo(wide, narrow.endsWith('/*') ? narrow.slice(0, -2) || '/' : narrow)
}

function checkOrder(routes: readonly unknown[], index: number): readonly string[] {
  const later = routes[index]
  if (!isRecord(later) || checkPath(later['path']).length > 0) return []
  const problems = routes.slice(0, index).flatMap((earlier, at) => {
    if (!isRecord(earlier) || checkPath(earlier['path']).length > 0) return []
    if (hides(earlier, later)) return [`never decides: forwardAuth[${at}] takes all of its requests`]
    const [one, other] = [String(earlier['path']), String(later['path'])]
    const alike = one !== other && one.toLowerCase() === other.toLowerCase()
    return alike ? [`differs from forwardAuth[${at}] only in upper and lower case`] : []
  })
  return problems.slice(0, 1)
}

/** Everything that is wrong with the routes of forward authentication, each naming the route. */
export function checkForwardAuth(routes: unknown, platforms: readonly Platform[]): readonly string[] {
  if (routes === undefined) return []
  if (!Array.isArray(routes)) return ['forwardAuth must be a list of routes']
  const doors = platforms.flatMap((platform) => platform.doors)
  const limits = Object.entries(
    Object.assign({}, ...platforms.map((platform) => platform.limits)) as NonNullable<Platform['limits']>,
  )
  const known: Known = {
    doors: new Map(doors.map((door) => [door.id, door])),
    limits: new Set(limits.map(([name]) => name)),
    plans: new Set([
      ...doors.flatMap((door) =>
        door.kind === 'vendors' ? door.plans : door.kind === 'people' ? [door.plan] : [],
      ),
      ...limits.flatMap(([, table]) => Object.keys(table.plans)),
    ]),
  }
  return routes.flatMap((route: unknown, index) => {
    const path = isRecord(route) && typeof route['path'] === 'string' ? ` (${route['path']})` : ''
    const problems = [...checkRoute(route, known), ...checkOrder(routes, index)]
    return problems.map((problem) => `forwardAuth[${index}]${path}: ${problem}`)
  })
}
