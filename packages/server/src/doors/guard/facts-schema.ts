import type {
  AccountFacts,
  ApiKeyFacts,
  ClientFacts,
  DoorFacts,
  FamilyFacts,
  MembershipFacts,
  SessionTokenFacts,
  Spent,
  TeamFacts,
  WidgetFacts,
  WidgetSessionFacts,
} from '@sallyport/guard'
import { dpopAlgorithms } from '@sallyport/protocol'
import * as v from 'valibot'
import { seconds, text } from './read.ts'

/** A schema with exactly the members of a fact: what the guard's own type has is here, and nothing else leaves the server. */
type Members<Fact> = { readonly [Name in keyof Required<Fact>]: v.GenericSchema }

const maybeText = v.exactOptional(text)
const maybeSeconds = v.exactOptional(seconds)
const texts = v.array(text)
const environment = v.picklist(['live', 'test'])

/**
 * The members of every fact, by kind. The rows in memory hold more, such as password hashes, and those stay here.
 * They are named as the guard’s own code names them, since it is the one that reads them.
 */
export const factSchemas = {
  family: v.strictObject({
    familyId: text,
    doorId: text,
    kind: text,
    accountId: maybeText,
    clientId: maybeText,
    teamId: maybeText,
    endedAt: maybeSeconds,
  } satisfies Members<FamilyFacts>),
  account: v.strictObject({
    accountId: text,
    admin: v.boolean(),
    disabledAt: maybeSeconds,
    homeTeamId: text,
  } satisfies Members<AccountFacts>),
  client: v.strictObject({
    clientId: text,
    teamId: maybeText,
    resources: v.exactOptional(texts),
  } satisfies Members<ClientFacts>),
  team: v.strictObject({
    teamId: text,
    slug: text,
    plan: text,
    status: v.picklist(['active', 'inactive', 'suspended']),
  } satisfies Members<TeamFacts>),
  membership: v.strictObject({ role: text } satisfies Members<MembershipFacts>),
  'api-key': v.strictObject({
    keyId: text,
    doorId: text,
    accountId: text,
    teamId: text,
    environment,
    scope: texts,
    ipList: texts,
    expiresAt: maybeSeconds,
    revokedAt: maybeSeconds,
    active: v.boolean(),
  } satisfies Members<ApiKeyFacts>),
  'session-token': v.strictObject({
    tokenId: text,
    doorId: text,
    keyHash: maybeText,
    familyId: maybeText,
    accountId: maybeText,
    teamId: text,
    scope: texts,
    environment,
    expiresAt: seconds,
    idle: v.pipe(v.number(), v.description('Seconds it may go unused.')),
    lastUsedAt: seconds,
    endedAt: maybeSeconds,
  } satisfies Members<SessionTokenFacts>),
  'widget-session': v.strictObject({
    sessionId: text,
    widgetId: text,
    origin: text,
    expiresAt: seconds,
    endedAt: maybeSeconds,
  } satisfies Members<WidgetSessionFacts>),
  widget: v.strictObject({
    widgetId: text,
    slug: text,
    active: v.boolean(),
    allowedOrigins: v.union([texts, v.literal('any')]),
    teamId: text,
  } satisfies Members<WidgetFacts>),
}

/** What the server hid in an opaque access token: the claims that a JWT would show. */
const claimsSchema = v.record(v.string(), v.unknown())

/** What kinds of row there are to tell of. */
export type FactKind = keyof typeof factSchemas

/** Facts that one request may ask for. */
const mostFacts = 500
const wanted = `must be a list of at most ${mostFacts} pairs [kind, id]`
const rowKinds = Object.keys(factSchemas) as FactKind[]
const kinds = [...rowKinds, 'opaque-token'] as const
const kind = v.picklist(kinds, `must be one of ${kinds.join(', ')}`)
const id = v.pipe(text, v.maxLength(300, 'must have at most 300 characters'))
// Longer than any row's id, and no longer than the guard's own bound for credentials.
const factId = v.pipe(text, v.maxLength(8192, 'must have at most 8192 characters'))

/** Which facts a guard asks for. */
export const factsQuestionSchema = v.strictObject({
  facts: v.pipe(
    v.array(v.strictTuple([kind, factId], wanted), wanted),
    v.maxLength(mostFacts, wanted),
    v.description('Kind and id of each; of an opaque token, the token itself.'),
  ),
})
const wantedUses = `must be a list of at most ${mostFacts} triples [kind, hash, moment]`
const use = v.strictTuple([v.picklist(['api-key', 'session-token'], wantedUses), id, seconds], wantedUses)
/** Which credentials a guard has let in, and when last. */
export const usesSchema = v.strictObject({
  uses: v.pipe(
    v.array(use, wantedUses),
    v.maxLength(mostFacts, wantedUses),
    v.description('Kind, hash and moment of the last use of each.'),
  ),
})

const config = v.pipe(
  text,
  v.description('Names the configuration: another name, other doors, roles and facts.'),
)

/** The facts, in the order in which they were asked for. */
export const factsSchema = v.object({
  config,
  facts: v.array(v.nullable(v.union([...Object.values(factSchemas), claimsSchema]))),
})

const name = v.pipe(
  text,
  v.minLength(1, 'must not be empty'),
  v.maxLength(300, 'must have at most 300 characters'),
)

/** A caller whose call a guard elsewhere lets in, and the limits it counts against. */
export const spendingSchema = v.strictObject({
  id: name,
  team_id: v.exactOptional(name),
  limits: v.pipe(
    v.array(name, 'must be a list of texts'),
    v.minLength(1, 'must not be empty'),
    v.maxLength(10, 'must have at most 10 entries'),
  ),
})

/** What the call came to: the numbers of the tightest limit, or null when none applies. */
export const spentSchema = v.object({
  spent: v.nullable(
    v.strictObject({
      allowed: v.boolean(),
      limit: v.number(),
      remaining: v.number(),
      resetAt: seconds,
      retryAfter: v.number(),
      style: v.picklist(['unix', 'seconds']),
      window: v.exactOptional(v.number()),
      name: maybeText,
    } satisfies Members<Spent>),
  ),
})

/** What a guard must know before its first request. */
export const metadataSchema = v.object({
  doors: v.array(
    v.strictObject({
      doorId: text,
      issuer: text,
      audience: text,
      kind: v.picklist(['people', 'widgets', 'apps', 'vendors', 'keys']),
      checkMembership: v.boolean(),
      scopes: v.exactOptional(texts),
      dpop: v.exactOptional(v.picklist(['optional', 'required'])),
      signatureAlgorithms: v.exactOptional(v.array(v.picklist(dpopAlgorithms))),
    } satisfies Members<DoorFacts>),
  ),
  key_formats: v.array(
    v.strictObject({
      doorId: text,
      prefix: text,
      layout: v.picklist(['base62', 'hex']),
      environments: v.boolean(),
    }),
  ),
  roles: v.pipe(
    v.record(text, v.record(text, texts)),
    v.description('By door and role, the most that it may do; a role left out may do everything.'),
  ),
  jwks: v.object({ keys: v.array(v.record(text, v.unknown())) }),
  removals: v.pipe(
    v.record(text, seconds),
    v.description('When a key ends, by its kid, where that is known.'),
  ),
  config,
})
