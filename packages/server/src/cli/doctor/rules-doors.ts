import { usualMethods } from '../../grants/auth-methods.ts'
import { fapiDemands } from '../../server/check-fapi.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import type { DoorSettings, PeopleDoor, WidgetsDoor } from '../../settings/door.ts'
import type { SigningSettings } from '../../settings/signing.ts'
import { fail, ok, type Rule, type Verdict, warn } from './rule.ts'

/** One door, with what its presets stand for, and with what the server signs. */
export interface DoorFacts<Door extends DoorSettings = DoorSettings> {
  readonly door: Door
  readonly signing: Pick<SigningSettings, 'algorithm'>
}

type AppsRule = Rule<DoorFacts<AppsDoor>>

const hour = 3600
const day = 24 * hour

const takesPublic = ({ clientAuth = usualMethods }: AppsDoor) => clientAuth.includes('none')

function refreshTokens({ door }: DoorFacts<AppsDoor>): Verdict {
  const { refresh, dpop = 'off', grantTypes } = door
  if (!grantTypes.includes('refresh_token')) return ok('there are none')
  if (refresh.rotation !== 'none') return ok(`replaced with each use (${refresh.rotation})`)
  if (!takesPublic(door)) return ok('bound to clients that prove themselves')
  return dpop === 'required'
    ? ok('bound to a key')
    : fail('those of public clients stay and are bound to nothing')
}

function bound({ door: { dpop = 'off', certificateBoundTokens } }: DoorFacts<AppsDoor>): Verdict {
  if (dpop !== 'off') return ok(`dpop: ${dpop}`)
  return certificateBoundTokens ? ok('certificateBoundTokens') : warn('tokens are bound to nothing')
}

function clientKeys({ door: { clientAuth = usualMethods } }: DoorFacts<AppsDoor>): Verdict {
  const found = clientAuth.filter((one) => one === 'private_key_jwt' || one.endsWith('tls_client_auth'))
  if (clientAuth.includes('client_secret_jwt'))
    return warn('client_secret_jwt: the server has to keep these secrets')
  return found.length > 0 ? ok(found.join(', ')) : warn(`only ${clientAuth.join(', ')}`)
}

function comers({ door }: DoorFacts<AppsDoor>): Verdict {
  const { registration = 'off', clientDocuments, mcp, softwareStatements } = door
  const anybody =
    (registration === 'open' && softwareStatements?.required !== true) ||
    (clientDocuments !== undefined && clientDocuments.hosts === undefined)
  if (!anybody) return ok('whom somebody here has let in')
  return mcp ? ok('anybody, as MCP has it') : warn('anybody can become a client')
}

/** Of a door for apps, whatever it claims. */
const appsRules: readonly AppsRule[] = [
  {
    id: 'door-pkce',
    profile: 'bcp',
    source: 'RFC 9700 §2.1.1',
    demand: 'every client uses PKCE',
    mend: "pkce: 'required'",
    judge: ({ door }) =>
      door.pkce === 'required' ? ok('required') : warn('confidential clients may omit it'),
  },
  {
    id: 'door-code',
    profile: 'bcp',
    source: 'RFC 6749 §4.1.2',
    demand: 'a code is good for a minute',
    mend: 'codeLifetime: 60',
    judge: ({ door: { codeLifetime } }) =>
      codeLifetime <= 60 ? ok(`${codeLifetime} s`) : warn(`${codeLifetime} s`),
  },
  {
    id: 'door-refresh',
    profile: 'bcp',
    source: 'RFC 9700 §2.2.2, §4.14.2',
    demand: 'a stolen refresh token of a public client is noticed, or worth nothing',
    mend: "refresh.rotation: 'strict', or dpop: 'required'",
    judge: refreshTokens,
  },
  {
    id: 'door-idle',
    profile: 'bcp',
    source: 'RFC 9700 §4.14.2',
    demand: 'a refresh token that nobody uses ends',
    mend: 'refresh.idle of some weeks',
    judge: ({ door: { refresh } }) => {
      const days = Math.round(refresh.idle / day)
      return days > 366 ? warn(`after ${days} days`) : ok(`after ${days} days`)
    },
  },
  {
    id: 'door-access',
    profile: 'bcp',
    source: 'RFC 9700 §2.2',
    demand: 'access tokens are good for a short time',
    mend: 'accessLifetime of an hour or less; refresh tokens carry on from there',
    judge: ({ door: { accessLifetime } }) =>
      accessLifetime <= hour ? ok(`${accessLifetime} s`) : warn(`${accessLifetime} s`),
  },
  {
    id: 'door-bound',
    profile: 'bcp',
    source: 'RFC 9700 §2.2.1',
    demand: 'clients can have tokens that are worth nothing to a thief',
    mend: "dpop: 'optional'",
    judge: bound,
  },
  {
    id: 'door-audience',
    profile: 'bcp',
    source: 'RFC 9700 §2.3',
    demand: 'a token can be made for one API alone',
    mend: 'name the APIs in resources',
    judge: ({ door: { resources = {} } }) =>
      Object.keys(resources).length > 0
        ? ok(Object.keys(resources).join(', '))
        : warn('tokens are for all APIs'),
  },
  {
    id: 'door-client-keys',
    profile: 'bcp',
    source: 'RFC 9700 §2.5',
    demand: 'clients can prove themselves without a secret that both sides have',
    mend: 'private_key_jwt in clientAuth, and client_secret_jwt out of it',
    judge: clientKeys,
  },
  {
    id: 'door-assertions',
    profile: 'bcp',
    source: 'RFC 7523bis §4',
    demand: 'an assertion is for this issuer alone',
    mend: 'take insecureEndpointAudience out once every client can name the issuer',
    judge: ({ door: { insecureEndpointAudience = false } }) =>
      insecureEndpointAudience ? warn('the address of an endpoint is taken as well') : ok('for the issuer'),
  },
  {
    id: 'door-comers',
    profile: 'operation',
    source: 'RFC 7591 §5',
    demand: 'who becomes a client is meant to',
    mend: "registration: 'token', clientDocuments.hosts, or mcp: true where anybody is meant",
    judge: comers,
  },
]

const fapiRules: readonly AppsRule[] = fapiDemands.map(({ clause, setting, isMet }, index) => ({
  id: `door-fapi-${index + 1}`,
  profile: 'fapi',
  source: `FAPI 2.0 Security Profile ${clause}`,
  demand: setting,
  mend: setting,
  judge: ({ door, signing }) => (isMet(door, signing) ? ok('it is so') : fail('it is not so')),
}))

const mcp = (section: string) => `Model Context Protocol 2026-07-28, Authorization, ${section}`

const mcpRules: readonly AppsRule[] = [
  {
    id: 'door-mcp-code',
    profile: 'mcp',
    source: mcp('Overview'),
    demand: 'clients get tokens by code',
    mend: 'authorization_code in grantTypes',
    judge: ({ door: { grantTypes } }) =>
      grantTypes.includes('authorization_code') ? ok(grantTypes.join(', ')) : fail(grantTypes.join(', ')),
  },
  {
    id: 'door-mcp-pkce',
    profile: 'mcp',
    source: mcp('Authorization Code Protection'),
    demand: 'every client uses PKCE',
    mend: "pkce: 'required'",
    judge: ({ door }) => (door.pkce === 'required' ? ok('required') : fail(door.pkce)),
  },
  {
    id: 'door-mcp-public',
    profile: 'mcp',
    source: mcp('Client Registration'),
    demand: 'clients on a person’s own machine are let in',
    mend: 'none in clientAuth',
    judge: ({ door }) => (takesPublic(door) ? ok('none is taken') : warn('none is not taken')),
  },
  {
    id: 'door-mcp-clients',
    profile: 'mcp',
    source: mcp('Client Registration'),
    demand: 'a client that nobody registered can become one',
    mend: 'mcp: true, without registration and clientDocuments beside it',
    judge: ({ door: { registration = 'off', clientDocuments } }) =>
      clientDocuments || registration === 'open' ? ok('it can') : warn('it can’t'),
  },
  {
    id: 'door-mcp-rotation',
    profile: 'mcp',
    source: mcp('Token Theft'),
    demand: 'a refresh token of a public client is replaced when it is used',
    mend: "rotation: 'lazy' or 'strict' in refresh",
    judge: ({ door }) =>
      takesPublic(door) && door.refresh.rotation === 'none'
        ? fail('it stays as it is')
        : ok(takesPublic(door) ? door.refresh.rotation : 'no public clients'),
  },
  {
    id: 'door-mcp-audience',
    profile: 'mcp',
    source: `${mcp('Resource Parameter Implementation')}, RFC 8707`,
    demand: 'a token is for the MCP server that it was asked for',
    mend: 'name the MCP server in resources',
    judge: ({ door: { resources = {} } }) =>
      Object.keys(resources).length > 0
        ? ok(Object.keys(resources).join(', '))
        : fail('resource is ignored: tokens are for all APIs'),
  },
]

/** Of a door for people. */
const peopleRules: readonly Rule<DoorFacts<PeopleDoor>>[] = [
  {
    id: 'door-refresh',
    profile: 'bcp',
    source: 'RFC 9700 §2.2.2',
    demand: 'a stolen refresh token is noticed',
    mend: "refresh.rotation: 'strict' or 'lazy'",
    judge: ({ door: { refresh } }) =>
      refresh.rotation === 'none' ? fail('they stay, and are bound to nothing') : ok(refresh.rotation),
  },
  {
    id: 'door-access',
    profile: 'operation',
    source: 'RFC 9700 §2.2',
    demand: 'access tokens are good for a short time',
    mend: 'accessLifetime of an hour or less; refresh tokens carry on from there',
    judge: ({ door: { accessLifetime } }) =>
      accessLifetime <= hour ? ok(`${accessLifetime} s`) : warn(`${accessLifetime} s`),
  },
  {
    id: 'door-passwords',
    profile: 'operation',
    source: 'NIST SP 800-63B-4 §3.1.1.2',
    demand: 'a password that is all there is has 15 characters',
    mend: 'minPasswordLength: 15',
    judge: ({ door: { minPasswordLength } }) =>
      minPasswordLength >= 15 ? ok(`${minPasswordLength}`) : warn(`${minPasswordLength}`),
  },
  {
    id: 'door-attempts',
    profile: 'operation',
    source: 'NIST SP 800-63B-4 §3.2.2',
    demand: 'wrong passwords are counted: a hundred at most',
    mend: 'fewer attempts, or a longer window',
    judge: ({ door: { attempts } }) => {
      const seen = `${attempts.limit} in ${attempts.window} s`
      return (attempts.limit / attempts.window) * hour <= 100 ? ok(seen) : warn(seen)
    },
  },
]

const widgetsRules: readonly Rule<DoorFacts<WidgetsDoor>>[] = [
  {
    id: 'door-origins',
    profile: 'operation',
    source: 'RFC 6454 §4',
    demand: 'widgets are for the pages that they were made for',
    mend: 'take insecureSkipOriginChecks and insecureRefererFallback out',
    judge: ({ door: { insecureSkipOriginChecks, insecureRefererFallback } }) => {
      if (insecureSkipOriginChecks) return fail('any page starts a session')
      return insecureRefererFallback ? warn('Referer is taken where Origin is missing') : ok('by Origin')
    },
  },
]

/** Rules for one kind of door. */
export const doorRules = {
  apps: [...appsRules, ...fapiRules, ...mcpRules],
  people: peopleRules,
  widgets: widgetsRules,
} as const
