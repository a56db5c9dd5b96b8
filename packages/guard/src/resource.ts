import { parseResource, type ProtectedResource, type RenderedRefusal } from '@sallyport/protocol'
import { type DoorFacts, type FactSource, proofAlgorithmsOf } from './facts.ts'

/** The API as a protected resource. @see RFC 9728 §2 */
export interface ResourceSettings {
  /** Its identifier: the address that clients know it by, without query and fragment. */
  readonly url: string
  /** Ids of the doors whose tokens it takes; left out: every door that hands out tokens by OAuth. */
  readonly doors?: readonly string[]
  /** Scopes worth asking for; left out: those of the doors. */
  readonly scopes?: readonly string[]
  readonly name?: string
  readonly documentation?: string
  readonly policy?: string
  readonly terms?: string
}

/** A resource that a guard speaks for. */
export interface Resource {
  readonly settings: ResourceSettings
  readonly parsed: ProtectedResource
  /** Whether tokens that are bound to a certificate can be used there. */
  readonly certificates: boolean
}

/** An answer, before an adapter writes it. */
export type MetadataAnswer = RenderedRefusal

/** What a person lets an app know of them; no API is reached by it. @see OpenID Connect Core §5.4, §11 */
const ofPeople = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access'])

/** Reads the setting. Throws `TypeError` where it can't be an identifier. */
export function openResource(
  setting: string | ResourceSettings | undefined,
  certificates: boolean,
): Resource | undefined {
  if (setting === undefined) return undefined
  const settings = typeof setting === 'string' ? { url: setting } : setting
  const parsed = parseResource(settings.url)
  if (parsed) return { settings, parsed, certificates }
  throw new TypeError(
    'resource must be an https address such as https://api.example.com/v1, without query and fragment, in its plain spelling',
  )
}

function isTaken({ doorId, kind }: DoorFacts, { doors }: ResourceSettings): boolean {
  return (kind === 'apps' || kind === 'vendors') && (doors?.includes(doorId) ?? true)
}

/** The metadata document. @see RFC 9728 §2, §3.2 */
function documentOf(
  { settings, parsed, certificates }: Resource,
  source: FactSource,
): Readonly<Record<string, unknown>> {
  const doors = source.doors.filter((door) => isTaken(door, settings))
  const scopes = settings.scopes ?? doors.flatMap((door) => door.scopes ?? [])
  const { name, documentation, policy, terms } = settings
  const algorithms = proofAlgorithmsOf(doors)
  const supported = [...new Set(scopes)].filter((scope) => !ofPeople.has(scope)).sort()
  return {
    resource: parsed.identifier,
    authorization_servers: doors.map(({ issuer }) => issuer),
    ...(supported.length > 0 && { scopes_supported: supported }),
    // No credential is ever read from a query or a body.
    bearer_methods_supported: ['header'],
    ...(certificates && { tls_client_certificate_bound_access_tokens: true }),
    ...(algorithms.length > 0 && { dpop_signing_alg_values_supported: algorithms }),
    ...(doors.length > 0 &&
      doors.every(({ dpop }) => dpop === 'required') && { dpop_bound_access_tokens_required: true }),
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...(policy !== undefined && { resource_policy_uri: policy }),
    ...(terms !== undefined && { resource_tos_uri: terms }),
  }
}

/** Answers a request for the metadata of `resource`; `undefined` for any other request. */
export function answerMetadata(
  { method, path }: { readonly method: string; readonly path: string },
  resource: Resource,
  source: FactSource,
): MetadataAnswer | undefined {
  if (path !== resource.parsed.metadataPath) return undefined
  if (method !== 'GET' && method !== 'HEAD') {
    const body = { error: 'method_not_allowed', message: 'use GET' }
    return { status: 405, headers: { Allow: 'GET, HEAD', 'Cache-Control': 'no-store' }, body }
  }
  const headers = { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' }
  return { status: 200, headers, body: documentOf(resource, source) }
}
