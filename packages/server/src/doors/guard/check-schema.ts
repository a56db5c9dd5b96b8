import { decodeBase64, isAcrName, parseIpList, parseScope } from '@sallyport/protocol'
import * as v from 'valibot'
import { principalSchema } from './principal.ts'
import { text } from './read.ts'

/** Requests that one call may ask about. */
export const mostChecks = 50

// A server takes header lines of at most 16 KiB; what is longer never was a caller's header.
const longest = 16 * 1024

const atMost = (length: number) => v.pipe(text, v.maxLength(length, `must have at most ${length} characters`))
const word = v.pipe(
  text,
  v.minLength(1, 'must not be empty'),
  v.maxLength(200, 'must have at most 200 characters'),
)
const words = v.pipe(
  v.array(word, 'must be a list of texts'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(100, 'must have at most 100 entries'),
)

const header = v.pipe(
  v.union(
    [atMost(longest), v.pipe(v.array(atMost(longest)), v.maxLength(16))],
    `must be text of at most ${longest} characters, or a list of at most 16 of them`,
  ),
  v.description('The value; a list where the caller sent the header several times, which is refused.'),
)

/** A zone index says which of the API’s network cards; an address list knows nothing of it. */
const withoutZone = (ip: string) => ip.split('%', 1)[0] ?? ''

const ip = v.pipe(
  atMost(100),
  v.transform(withoutZone),
  v.check(
    (address) => !address.includes('/') && parseIpList([address]).outcome === 'ok',
    'must be an IPv4 or IPv6 address',
  ),
)

const isScope = (scopes: string[]) => scopes.every((scope) => parseScope(scope)?.length === 1)
const scopeWords = v.pipe(words, v.check(isScope, 'must be scope values'))

const scopesByName = v.pipe(
  v.record(
    text,
    v.pipe(
      v.array(word, 'must be a list of texts'),
      v.maxLength(100, 'must have at most 100 entries'),
      v.check(isScope, 'must be scope values'),
    ),
    'must be an object',
  ),
  v.maxEntries(200, 'must have at most 200 entries'),
)

const mcp = v.pipe(
  v.strictObject({
    tools: v.pipe(scopesByName, v.description('A tool that is not named can’t be called.')),
    methods: v.exactOptional(
      v.pipe(scopesByName, v.description('Of other methods; one that is not named needs nothing more.')),
    ),
  }),
  v.description(
    'What the tools of an MCP server need, told by the headers `mcp-…`. The API has to compare these with the body.',
  ),
)

const shapes = ['detail', 'oauth', 'message'] as const
const kinds = ['person', 'app', 'machine', 'vendor', 'api-key', 'session-token', 'widget'] as const

/** What is asked of a caller: the guard's own rule. */
export const ruleSchema = v.pipe(
  v.strictObject({
    doors: v.pipe(words, v.description('The caller has a credential of one of these doors.')),
    kinds: v.exactOptional(
      v.pipe(
        v.array(v.picklist(kinds, `must be one of ${kinds.join(', ')}`), 'must be a list of texts'),
        v.minLength(1, 'must not be empty'),
        v.maxLength(kinds.length, `must have at most ${kinds.length} entries`),
      ),
    ),
    scopes: v.exactOptional(
      v.pipe(scopeWords, v.description('All of them; those that are missing are named at once.')),
    ),
    plan: v.exactOptional(v.pipe(word, v.description('This plan, or a higher one of `plans`.'))),
    plans: v.exactOptional(v.pipe(words, v.description('All plans, low to high.'))),
    environment: v.exactOptional(v.picklist(['live', 'test'], 'must be live or test')),
    admin: v.exactOptional(v.literal(true, 'must be true or left out')),
    resource: v.exactOptional(
      v.pipe(word, v.description('The API’s identifier: a token made for it alone is taken too (RFC 8707).')),
    ),
    authentication: v.exactOptional(
      v.pipe(
        v.strictObject({
          acr: v.exactOptional(
            v.pipe(
              words,
              v.check((names) => names.every(isAcrName), 'must be names without spaces'),
              v.description('The person signed in by one of these.'),
            ),
          ),
          max_age: v.exactOptional(
            v.pipe(
              v.number('must be a number'),
              v.integer('must be a whole number'),
              v.minValue(0, 'must not be negative'),
              v.description('They did so at most so many seconds ago.'),
            ),
          ),
        }),
        v.check((asked) => Object.keys(asked).length > 0, 'must say acr, max_age, or both'),
        v.description('What the sign-in must be; else the caller is told to ask for another (RFC 9470).'),
      ),
    ),
    mcp: v.exactOptional(mcp),
    limits: v.exactOptional(
      v.pipe(words, v.description('Rate limits; counted here, and last, so a refused call costs nothing.')),
    ),
  }),
  v.check(
    ({ plan, plans }) => plans === undefined || (plan !== undefined && plans.includes(plan)),
    'plans must have the plan in it',
  ),
)

/** What a caller presented to an API, and what that API asks of them. */
export const checkSchema = v.strictObject({
  method: atMost(64),
  path: v.pipe(
    atMost(longest),
    v.description('Without the query. For the log; the rule decides.'),
    // It is logged, and a query may hold a token, a code or a state.
    v.transform((path) => path.split(/[?#]/, 1)[0] ?? ''),
  ),
  headers: v.pipe(
    // An empty list passes too, and is no headers: it is how PHP writes an object without members.
    v.strictObject({
      authorization: v.exactOptional(header),
      'x-api-key': v.exactOptional(header),
      origin: v.exactOptional(header),
      'mcp-protocol-version': v.exactOptional(header),
      'mcp-method': v.exactOptional(header),
      'mcp-name': v.exactOptional(header),
    }),
    v.description(
      'The headers that may hold a credential, Origin, and those that `mcp` of a rule asks of; no other.',
    ),
  ),
  certificate: v.exactOptional(
    v.pipe(
      atMost(longest),
      v.check((value) => decodeBase64(value, 'base64') !== undefined, 'must be base64'),
      v.description(
        'The certificate that the caller proved to the API, DER in base64, for tokens that are bound to one. Never from a header that the caller could have written.',
      ),
    ),
  ),
  ip: v.pipe(ip, v.description('The caller’s address, as the API’s connection tells it.')),
  rule: ruleSchema,
  shape: v.pipe(
    v.picklist(shapes, `must be one of ${shapes.join(', ')}`),
    v.description('How a refusal is worded: {detail, code}, {error, error_description} or {error, message}.'),
  ),
})

const several = <Item extends v.GenericSchema>(item: Item) =>
  v.strictObject({
    checks: v.pipe(
      v.array(item, 'must be a list'),
      v.minLength(1, 'must not be empty'),
      v.maxLength(mostChecks, `must have at most ${mostChecks} entries`),
    ),
  })

/** Several at once, as they are described. */
export const checksSchema = several(checkSchema)
/** Several at once, as they are read: each is looked at by itself, so that what is wrong with one is told of that one. */
export const anyChecksSchema = several(v.unknown())

const headersSchema = v.record(text, text)

/** The caller may pass. */
export const allowSchema = v.object({
  outcome: v.literal('allow'),
  principal: principalSchema,
  headers: v.pipe(headersSchema, v.description('For the reply: how much of its limits the caller has left.')),
})

/** The caller may not pass. */
export const refuseSchema = v.pipe(
  v.object({
    outcome: v.literal('refuse'),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
    headers: headersSchema,
    body: v.record(text, v.unknown()),
  }),
  v.description('The reply to the caller, as it is.'),
)

const fieldsSchema = v.pipe(
  v.record(text, v.array(text)),
  v.description('What is wrong with each member, such as `rule.doors`.'),
)

/** A refusal of the door itself. */
export const errorSchema = v.object({
  error: text,
  error_description: text,
  fields: v.exactOptional(fieldsSchema),
})

/** One of several that could not be understood. */
export const invalidSchema = v.pipe(
  v.object({ outcome: v.literal('invalid'), ...errorSchema.entries }),
  v.description('This one was not understood; nobody is let in by it.'),
)

/** The answer about one request. */
export const answerSchema = v.variant('outcome', [allowSchema, refuseSchema])

/** The answers about several, in their order. */
export const answersSchema = v.object({
  answers: v.array(v.variant('outcome', [allowSchema, refuseSchema, invalidSchema])),
})

/** A question that was understood. */
export type CheckQuestion = v.InferOutput<typeof checkSchema>
/** Its answer. */
export type CheckAnswer = v.InferOutput<typeof answerSchema>
/** One answer of several. */
export type CheckAnswers = v.InferOutput<typeof answersSchema>['answers']
