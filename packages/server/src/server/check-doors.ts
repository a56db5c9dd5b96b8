import { isAcrName, parseResource, responseModes, subjectTypes } from '@sallyport/protocol'
import { authMethods } from '../grants/auth-methods.ts'
import { backchannel } from '../grants/backchannel.ts'
import { grants } from '../grants/index.ts'
import type { AppsDoor } from '../settings/apps-door.ts'
import type { DoorSettings, RefreshSettings } from '../settings/door.ts'
import { withPresets } from '../settings/presets.ts'
import type { Platform } from './platform.ts'

const repeated = (values: readonly string[]) => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
]

function checkRefresh(name: string, refresh: RefreshSettings): readonly string[] {
  const { idle, absolute, grace } = refresh
  return [
    ...(idle > 0 ? [] : [`${name}.refresh.idle must be a positive number of seconds`]),
    ...(absolute === undefined || absolute >= idle
      ? []
      : [`${name}.refresh.absolute must not be shorter than idle`]),
    ...(grace >= 0 && grace <= 60 ? [] : [`${name}.refresh.grace must be 0 to 60 seconds`]),
  ]
}

/** A path is one of this server's own addresses. */
function isResource(identifier: string): boolean {
  return (
    parseResource(identifier.startsWith('/') ? `https://server.example${identifier}` : identifier) !==
    undefined
  )
}

function checkRequests(name: string, door: AppsDoor, detailTypes: readonly string[]): readonly string[] {
  return [
    ...(door.responseModes === undefined || door.responseModes.length > 0
      ? []
      : [`${name}.responseModes must name at least one mode`]),
    ...(door.responseModes ?? [])
      .filter((mode) => !responseModes.includes(mode))
      .map((mode) => `${name}.responseModes names the unknown mode ${mode}`),
    ...(door.authorizationDetails ?? [])
      .filter((type) => !detailTypes.includes(type))
      .map((type) => `${name}.authorizationDetails names ${type}, which no platform has`),
    ...Object.keys(door.resources ?? {})
      .filter((one) => !isResource(one))
      .map((one) => `${name}.resources: ${one} must be an https address without query, or a path`),
  ]
}

/** Keys that somebody on the way could replace would let them vouch for anybody. */
function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}

function checkTrusts(name: string, { trusts = [], scopes }: AppsDoor): readonly string[] {
  const problems = trusts.flatMap(({ issuer, jwks, jwksUri, scope = [] }) => [
    ...((jwks === undefined) === (jwksUri === undefined) ? [`${issuer} needs either jwks or jwksUri`] : []),
    ...(jwksUri === undefined || isSafe(jwksUri) ? [] : [`jwksUri of ${issuer} must be an https address`]),
    ...scope
      .filter((value) => !Object.hasOwn(scopes, value))
      .map((value) => `${issuer} names the unknown scope ${value}`),
  ])
  const twice = repeated(trusts.map(({ issuer }) => issuer)).map((issuer) => `${issuer} is there twice`)
  return [...problems, ...twice].map((problem) => `${name}.trusts: ${problem}`)
}

function checkGrants(
  name: string,
  { grantTypes, deferred, scopes, backchannelHook: hook }: AppsDoor,
): readonly string[] {
  const known = grants.map(({ grantType }) => grantType)
  const { lifetime = 600, interval = 5 } = deferred ?? {}
  return [
    ...grantTypes
      .filter((grantType) => !known.includes(grantType))
      .map((grantType) => `${name}.grantTypes names the unknown grant type ${grantType}`),
    ...(grantTypes.includes(backchannel.grantType) && !('openid' in scopes)
      ? [`${name}.scopes must have openid for ${backchannel.grantType}`]
      : []),
    ...(!hook || (isSafe(hook.url) && Buffer.from(hook.secret.replace(/^whsec_/, ''), 'base64').length >= 24)
      ? []
      : [`${name}.backchannelHook needs an https address and a secret of 24 bytes in base64`]),
    ...(lifetime >= 60 && lifetime <= 1800 ? [] : [`${name}.deferred.lifetime must be 60 to 1800 seconds`]),
    ...(interval >= 1 && interval <= 60 ? [] : [`${name}.deferred.interval must be 1 to 60 seconds`]),
  ]
}

function checkClientAuth(name: string, { clientAuth = ['none'] }: AppsDoor): readonly string[] {
  const known: readonly string[] = authMethods.map((method) => method.name)
  return [
    ...(clientAuth.length > 0 ? [] : [`${name}.clientAuth must name at least one method`]),
    ...clientAuth
      .filter((method) => !known.includes(method))
      .map((method) => `${name}.clientAuth: ${method} is not one of ${known.join(', ')}`),
  ]
}

/** A host that no address has would let nobody in, and nobody would know why. */
function checkDocuments(name: string, { clientDocuments: { hosts = [] } = {} }: AppsDoor): readonly string[] {
  const isHost = (text: string) =>
    URL.canParse(`https://${text}/`) && new URL(`https://${text}/`).href === `https://${text}/`
  return hosts
    .filter((host) => !isHost(host) || /[/?#@*]/.test(host))
    .map(
      (host) =>
        `${name}.clientDocuments.hosts: ${host} must be a host as addresses have it, such as apps.example or apps.example:8443`,
    )
}

function checkLogout(name: string, door: AppsDoor): readonly string[] {
  if (!door.logout) return []
  const { endSession = 'logout', checkSession = 'check_session', ...others } = door.endpoints
  const taken = [...Object.values(others), 'register']
  return [
    ...('openid' in door.scopes ? [] : [`${name}.scopes must have openid for logout`]),
    ...repeated([...taken, endSession, checkSession]).map(
      (path) => `${name}.endpoints has ${path} twice: logout needs addresses of its own`,
    ),
  ]
}

function checkSubjects(name: string, { subjectTypes: taken = ['public'] }: AppsDoor): readonly string[] {
  return taken.length > 0 && taken.every((one) => subjectTypes.includes(one))
    ? []
    : [`${name}.subjectTypes must be some of ${subjectTypes.join(', ')}`]
}

function checkAcr(name: string, { acrValues = {} }: Pick<AppsDoor, 'acrValues'>): readonly string[] {
  const names = Object.values(acrValues)
  return [
    ...(names.every(isAcrName) ? [] : [`${name}.acrValues must be names without spaces`]),
    // Who asked for one would be told the other.
    ...repeated(names).map((one) => `${name}.acrValues has ${one} for two ways of signing in`),
  ]
}

function checkDoor(door: DoorSettings, detailTypes: readonly string[]): readonly string[] {
  const name = `door ${door.id}`
  switch (door.kind) {
    case 'people':
      return [
        ...checkRefresh(name, door.refresh),
        ...checkAcr(name, door),
        ...(door.accessLifetime > 0 ? [] : [`${name}.accessLifetime must be a positive number of seconds`]),
        ...(door.minPasswordLength >= 8 ? [] : [`${name}.minPasswordLength must be at least 8`]),
      ]
    case 'apps':
      return [
        ...checkRefresh(name, door.refresh),
        ...(door.codeLifetime > 0 && door.codeLifetime <= 600
          ? []
          : [`${name}.codeLifetime must be 1 to 600 seconds`]),
        ...checkRequests(name, door, detailTypes),
        ...checkGrants(name, door),
        ...checkTrusts(name, door),
        ...checkDocuments(name, door),
        ...checkLogout(name, door),
        ...checkClientAuth(name, door),
        ...checkSubjects(name, door),
        ...checkAcr(name, door),
        ...((door.registration ?? 'off') !== 'off' && Object.values(door.endpoints).includes('register')
          ? [`${name}.endpoints has register, which is where software registers itself`]
          : []),
        ...Object.entries(door.roles).flatMap(([role, scope]) =>
          scope
            .filter((value) => !(value in door.scopes))
            .map((value) => `${name}.roles.${role} names the unknown scope ${value}`),
        ),
      ]
    case 'vendors':
      return [
        ...checkRefresh(name, door.refresh),
        ...(door.plans.length > 0 ? [] : [`${name}.plans must name at least one plan`]),
      ]
    case 'widgets':
    case 'keys':
      return []
  }
}

/** Everything that is wrong with the doors of a configuration, each naming its setting. */
export function checkDoors(platforms: readonly Platform[]): readonly string[] {
  const doors = platforms.flatMap((platform) => platform.doors).map(withPresets)
  const detailTypes = platforms.flatMap((platform) => Object.keys(platform.authorizationDetails ?? {}))
  const issuers = doors.map((door) =>
    'issuerPath' in door ? door.issuerPath : 'path' in door ? door.path : door.managePath,
  )
  // Session tokens and opaque access tokens begin with these.
  const taken = ['osk', 'oat']
  const prefixes = doors.filter((door) => door.kind === 'keys').map((door) => `${door.format.prefix}`)
  return [
    ...repeated(doors.map(({ id }) => id)).map((id) => `two doors have the id ${id}`),
    ...repeated(issuers).map((path) => `two doors have the issuer path "${path}"`),
    ...repeated(prefixes).map((prefix) => `two keys doors have the prefix ${prefix}`),
    ...prefixes
      .filter((prefix) => taken.includes(prefix))
      .map((prefix) => `keys may not have the prefix ${prefix}`),
    ...doors.flatMap((door) => checkDoor(door, detailTypes)),
  ]
}
