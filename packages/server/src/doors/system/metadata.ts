import { dpopAlgorithms, promptValues } from '@sallyport/protocol'
import { authMetadata, vendorMethods } from '../../grants/auth-methods.ts'
import { grantsOf } from '../../grants/index.ts'
import type { AppsDoor } from '../../settings/apps-door.ts'
import type { DoorSettings } from '../../settings/door.ts'
import { issuerOf } from '../../settings/issuer.ts'
import { acrNamesOf, subjectTypesOf } from '../apps/client-rules.ts'
import { pathOf } from '../apps/context.ts'
import { logoutEndpoints } from '../apps/logout-metadata.ts'
import { registerPath } from '../apps/registration.ts'
import { requestMetadata } from '../apps/request-metadata.ts'
import { takesObjects } from '../apps/request-object.ts'
import { takesPushed } from '../apps/request-source.ts'
import type { Endpoint, Reply } from '../door.ts'
import type { Services } from '../services.ts'

const cached = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }

/** Anybody may read these documents; a page that adds headers of its own to the question is told so first. @see Fetch Standard §4.8 */
const preflight = (): Reply => ({
  status: 204,
  headers: {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': '*',
    'access-control-max-age': '600',
  },
})

/** How clients prove themselves at each endpoint; at introspection none may stay unproven. @see RFC 8414 §2 */
function authOf({ clientAuth, signatureAlgorithms }: AppsDoor): Readonly<Record<string, unknown>> {
  const { methods, algorithms } = authMetadata(clientAuth, signatureAlgorithms)
  const proving = methods.filter((method) => method !== 'none')
  const endpoints = { token: methods, introspection: proving, revocation: methods }
  return Object.fromEntries(
    Object.entries(endpoints).flatMap(([endpoint, taken]) => [
      [`${endpoint}_endpoint_auth_methods_supported`, taken],
      ...(algorithms.length > 0
        ? [[`${endpoint}_endpoint_auth_signing_alg_values_supported`, algorithms]]
        : []),
    ]),
  )
}

const certified = ['token', 'introspect', 'revoke', 'userinfo', 'push'] as const
const wellKnownNames = {
  token: 'token_endpoint',
  introspect: 'introspection_endpoint',
  revoke: 'revocation_endpoint',
  userinfo: 'userinfo_endpoint',
  push: 'pushed_authorization_request_endpoint',
}

/** What a door does with certificates, and where to bring them. @see RFC 8705 §3.3, §5 */
function certificatesOf(door: AppsDoor, { clientCertificate }: Services): Readonly<Record<string, unknown>> {
  const { clientAuth = [], certificateBoundTokens = false } = door
  const takes = certificateBoundTokens || clientAuth.some((method) => method.endsWith('tls_client_auth'))
  const base = takes ? clientCertificate?.baseUrl : undefined
  const aliases = certified
    .filter((name) => name !== 'push' || takesPushed(door))
    .map((name) => [wellKnownNames[name], `${base}${pathOf({ door }, name)}`])
  return {
    ...(certificateBoundTokens && { tls_client_certificate_bound_access_tokens: true }),
    ...(base !== undefined && { mtls_endpoint_aliases: Object.fromEntries(aliases) }),
  }
}

/** What a door can do that tells who people are. @see OpenID Connect Discovery 1.0 §3 */
function openidMetadata(
  door: AppsDoor,
  { baseUrl, signing, now }: Services,
): Readonly<Record<string, unknown>> {
  return {
    userinfo_endpoint: baseUrl + pathOf({ door }, 'userinfo'),
    subject_types_supported: subjectTypesOf(door),
    userinfo_signing_alg_values_supported: signing.algorithms(now()),
    id_token_signing_alg_values_supported: signing.algorithms(now()),
    claims_supported: [
      'sub',
      'iss',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      ...(door.acrValues ? ['acr', 'amr'] : []),
      'name',
      'email',
      'email_verified',
      'is_active',
      'team',
      ...(door.logout ? ['sid'] : []),
    ],
    ...logoutEndpoints(door, baseUrl),
    ...(door.acrValues && { acr_values_supported: acrNamesOf(door) }),
    prompt_values_supported: promptValues,
    request_parameter_supported: takesObjects(door),
    request_uri_parameter_supported: false,
    claims_parameter_supported: door.claimsParameter ?? false,
  }
}

/** What an apps door can do, from what is registered. @see RFC 8414 §2, OpenID Connect Discovery 1.0 §3, RFC 9449 §5.1 */
function appsMetadata(door: AppsDoor, services: Services): Readonly<Record<string, unknown>> {
  const { baseUrl, signing, now } = services
  const at = (endpoint: Parameters<typeof pathOf>[1]) => baseUrl + pathOf({ door }, endpoint)
  const grants = grantsOf(door)
  const begun = grants.flatMap(({ endpoint }) =>
    endpoint ? [{ [endpoint.metadata]: at(endpoint.name), ...endpoint.more }] : [],
  )
  return {
    issuer: issuerOf(door, baseUrl),
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    revocation_endpoint: at('revoke'),
    introspection_endpoint: at('introspect'),
    jwks_uri: `${baseUrl}/.well-known/jwks.json`,
    scopes_supported: Object.keys(door.scopes),
    response_types_supported: ['code'],
    ...requestMetadata(door, baseUrl, signing.algorithms(now())),
    grant_types_supported: grants.map(({ grantType }) => grantType),
    ...Object.assign({}, ...begun),
    code_challenge_methods_supported: ['S256'],
    ...authOf(door),
    authorization_response_iss_parameter_supported: true,
    ...certificatesOf(door, services),
    ...(door.signedIntrospection && {
      introspection_signing_alg_values_supported: signing.algorithms(now()),
    }),
    ...(door.clientDocuments && { client_id_metadata_document_supported: true }),
    ...((door.registration ?? 'off') !== 'off' && {
      registration_endpoint: baseUrl + registerPath(door),
    }),
    ...((door.dpop ?? 'off') !== 'off' && {
      dpop_signing_alg_values_supported: door.signatureAlgorithms ?? dpopAlgorithms,
    }),
    ...('openid' in door.scopes && openidMetadata(door, services)),
  }
}

/** A door without an authorization endpoint still has an issuer, and keys to verify its tokens with. */
function plainMetadata(door: DoorSettings, baseUrl: string): Readonly<Record<string, unknown>> {
  return {
    issuer: issuerOf(door, baseUrl),
    jwks_uri: `${baseUrl}/.well-known/jwks.json`,
    response_types_supported: [],
    ...(door.kind === 'vendors' && {
      token_endpoint: `${baseUrl}${door.path}/token`,
      revocation_endpoint: `${baseUrl}${door.path}/revoke`,
      grant_types_supported: ['client_credentials', 'refresh_token'],
      token_endpoint_auth_methods_supported: authMetadata(vendorMethods).methods,
    }),
  }
}

/** The metadata documents of every issuer: the path of the issuer comes after the well-known part, for OpenID before it too. */
export function metadataEndpoints(services: Services): readonly Endpoint[] {
  const { doors, baseUrl } = services
  return doors
    .filter(({ kind }) => kind !== 'keys')
    .flatMap((door) => {
      const issuerPath = issuerOf(door, baseUrl).slice(baseUrl.length)
      const body = () => (door.kind === 'apps' ? appsMetadata(door, services) : plainMetadata(door, baseUrl))
      const methods = {
        GET: (): Reply => ({ status: 200, headers: cached, body: body() }),
        OPTIONS: preflight,
      }
      const oauth = { path: `/.well-known/oauth-authorization-server${issuerPath}`, methods }
      if (door.kind !== 'apps' || !('openid' in door.scopes)) return [oauth]
      const openid = [
        `/.well-known/openid-configuration${issuerPath}`,
        `${issuerPath}/.well-known/openid-configuration`,
      ]
      return [oauth, ...[...new Set(openid)].map((path) => ({ path, methods }))]
    })
}

/**
 * The public keys, those that will sign next included. They may be kept for half the time that a key is published before it
 * signs, so that whoever does has it when the first token comes. @see RFC 7517 §5
 */
export function jwksEndpoint({ signing, signingPolicy, now }: Services): Endpoint {
  const maxAge = Math.floor(signingPolicy.publishAhead / 2)
  const headers = { ...cached, 'cache-control': `public, max-age=${maxAge}` }
  return {
    path: '/.well-known/jwks.json',
    methods: { GET: () => ({ status: 200, headers, body: signing.jwks(now()) }), OPTIONS: preflight },
  }
}
