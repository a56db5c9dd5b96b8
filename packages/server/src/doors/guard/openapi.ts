import { toJsonSchemaDefs } from '@valibot/to-json-schema'
import type { Endpoint } from '../door.ts'
import { answerSchema, answersSchema, checkSchema, checksSchema, ruleSchema } from './check-schema.ts'
import { allowSchema, errorSchema, invalidSchema, refuseSchema } from './check-schema.ts'
import { guardPath } from './context.ts'
import {
  factsQuestionSchema,
  factsSchema,
  metadataSchema,
  spendingSchema,
  spentSchema,
  usesSchema,
} from './facts-schema.ts'
import { principalSchema } from './principal.ts'

/** The schemas by which requests are read, under the names they have in the description. */
const schemas = {
  Principal: principalSchema,
  Rule: ruleSchema,
  Allow: allowSchema,
  Refuse: refuseSchema,
  Invalid: invalidSchema,
  Check: checkSchema,
  Checks: checksSchema,
  Answer: answerSchema,
  Answers: answersSchema,
  Metadata: metadataSchema,
  FactsQuestion: factsQuestionSchema,
  Facts: factsSchema,
  Uses: usesSchema,
  Spending: spendingSchema,
  Spent: spentSchema,
  Error: errorSchema,
}

/** The name of a schema in the description. */
export type SchemaName = keyof typeof schemas

/** An answer: JSON of a schema, text of another type, or nothing but headers. */
export interface DescribedAnswer {
  readonly description: string
  readonly schema?: SchemaName | 'any'
  readonly mediaType?: string
  /** What each header says. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What the description says of an endpoint, the same for each of its methods. */
export interface Operation {
  readonly id: string
  readonly summary: string
  readonly description: string
  /** Who may: a guard with its credential, or anybody. */
  readonly access: 'guard' | 'public'
  readonly body?: SchemaName
  /** Request headers, and what they say. */
  readonly headers?: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<number, DescribedAnswer>>
}

/** An endpoint with what is said of it: one that is not described can't be mounted at this door. */
export interface DescribedEndpoint {
  readonly endpoint: Endpoint
  readonly operation: Operation
}

const refTo = (name: string) => `#/components/schemas/${name}`
const string = { type: 'string' }

function contentOf(schema: SchemaName | 'any', mediaType = 'application/json') {
  const type = mediaType === 'application/json' ? { type: 'object' } : string
  return { [mediaType]: { schema: schema === 'any' ? type : { $ref: refTo(schema) } } }
}

function answerOf({ description, schema, mediaType, headers }: DescribedAnswer) {
  return {
    description,
    ...(schema && { content: contentOf(schema, mediaType) }),
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, says]) => [name, { description: says, schema: string }]),
      ),
    }),
  }
}

/** What every endpoint that takes a guard's credential, or a body, may also answer. */
function refusals({ access, body }: Operation): Readonly<Record<number, DescribedAnswer>> {
  const error = (description: string): DescribedAnswer => ({ description, schema: 'Error' })
  return {
    ...(access === 'guard' && { 401: error('Not a guard’s credential.') }),
    ...(body && {
      400: error('The request is not what it must be; `fields` says where.'),
      413: error('The body is larger than 64 KiB.'),
      415: error('The body is not application/json.'),
    }),
  }
}

function operationOf(operation: Operation, suffix: string) {
  const { id, summary, description, access, body, headers } = operation
  const answers = { ...refusals(operation), ...operation.answers }
  return {
    operationId: `${id}${suffix}`,
    summary,
    description,
    security: access === 'guard' ? [{ guard: [] }] : [],
    ...(headers && {
      parameters: Object.entries(headers).map(([name, says]) => ({
        name,
        in: 'header',
        description: says,
        schema: string,
      })),
    }),
    ...(body && { requestBody: { required: true, content: contentOf(body) } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]),
    ),
  }
}

function pathOf({ endpoint, operation }: DescribedEndpoint) {
  const methods = Object.keys(endpoint.methods)
  const described = methods.map((method) => [
    method.toLowerCase(),
    operationOf(operation, methods.length === 1 ? '' : `_${method.toLowerCase()}`),
  ])
  return [endpoint.path, Object.fromEntries(described)] as const
}

/** The description of the guard's door, made from what is mounted and from the schemas that requests are read by. @see OpenAPI 3.1.1 */
export function describeDoor(endpoints: readonly DescribedEndpoint[], baseUrl: string): object {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sallyport: the guard’s door',
      version: '1',
      description:
        'For APIs in any language: who is calling, and may they. See docs/check.md and docs/guard.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: baseUrl }],
    paths: Object.fromEntries(endpoints.map(pathOf)),
    components: {
      securitySchemes: {
        guard: {
          type: 'http',
          scheme: 'basic',
          description: 'The id and secret that POST /admin/guards answers.',
        },
      },
      schemas: toJsonSchemaDefs(schemas, {
        target: 'draft-2020-12',
        typeMode: 'input',
        // What these check can't be said in JSON Schema: addresses, scopes, the order of plans.
        ignoreActions: ['check', 'transform'],
        overrideRef: ({ referenceId }) => refTo(referenceId),
      }),
    },
  }
}

/** Where the description is; for anybody, as it says nothing of this server but what it is called. */
export function openApiEndpoint(describeAll: () => object): Endpoint {
  // Made when first asked for: a server that nobody asks does not do the work.
  let made: object | undefined
  return {
    path: `${guardPath}/openapi.json`,
    methods: {
      GET() {
        made ??= describeAll()
        const headers = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
        return { status: 200, headers, body: made }
      },
    },
  }
}
