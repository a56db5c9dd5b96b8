import type { Guard, GuardRequest, GuardRule } from '@sallyport/guard'
import { ProtocolError, type Shape } from '@sallyport/protocol'
import type { Endpoint } from '../door.ts'
import { readJson } from '../read-body.ts'
import type { Services } from '../services.ts'
import {
  type CheckAnswer,
  type CheckAnswers,
  type CheckQuestion,
  anyChecksSchema,
  checkSchema,
} from './check-schema.ts'
import { forGuard, guardPath, noStore } from './context.ts'
import { principalBody } from './principal.ts'
import { describe, type Read, readAs, readBodyAs, shown } from './read.ts'

type Known = Readonly<Record<'doors' | 'limits', ReadonlySet<string>>>

/** Names in a rule that this server does not have: they would let nobody in, or count nothing, and nobody would know why. */
function unknownNames({ rule }: CheckQuestion, known: Known): Record<string, string[]> {
  const unknown = (['doors', 'limits'] as const).flatMap((member) => {
    const names = (rule[member] ?? []).filter((name) => !known[member].has(name))
    return names.length === 0
      ? []
      : [[`rule.${member}`, names.map((name) => `has no ${shown(name)}`)] as const]
  })
  return Object.fromEntries(unknown)
}

function readQuestion(value: unknown, known: Known): Read<CheckQuestion> {
  const read = readAs(checkSchema, value)
  if (read.outcome === 'refuse') return read
  const fields = unknownNames(read.value, known)
  return Object.keys(fields).length === 0 ? read : { outcome: 'refuse', fields }
}

function valuesOf(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return []
  return typeof header === 'string' ? [header] : header
}

/** What the caller presented to the API, as the guard reads it. */
function presented({ method, path, ip, headers, certificate }: CheckQuestion): GuardRequest {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name, valuesOf(value)]))
  return {
    method,
    path,
    ip,
    header: (name) => values.get(name) ?? [],
    certificate: () => (certificate === undefined ? undefined : Buffer.from(certificate, 'base64')),
  }
}

/** The rule as the guard knows it. */
function ruleOf({ rule: { authentication, ...rule } }: CheckQuestion): GuardRule {
  if (!authentication) return rule
  const { max_age: maxAge, ...more } = authentication
  return { ...rule, authentication: { ...more, ...(maxAge !== undefined && { maxAge }) } }
}

async function answer(question: CheckQuestion, guards: Readonly<Record<Shape, Guard>>): Promise<CheckAnswer> {
  const check = await guards[question.shape].check(presented(question), ruleOf(question))
  if (check.outcome === 'allow') {
    return {
      outcome: 'allow',
      principal: principalBody(check.principal),
      headers: { ...check.headers },
    }
  }
  const { status, headers, body } = check
  return {
    outcome: 'refuse',
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: { ...body },
  }
}

// A question holds neither a proof nor the address of the request: bound tokens are refused, and not asked for.
const unbound = { dpop: {} } as const

/** What the decisions are made with. */
export interface CheckDesk {
  readonly services: Services
  readonly known: Known
  readonly guards: Readonly<Record<Shape, Guard>>
}

// The question says which certificate was shown: no header of its own connection does.
const byQuestion = { clientCertificate: undefined }

/** Opens the desk of a server. */
export function openCheckDesk(services: Services): CheckDesk {
  const known: Known = {
    doors: new Set(services.doors.map(({ id }) => id)),
    limits: new Set(Object.keys(services.limits)),
  }
  // One each for good: a guard remembers the signatures it has verified.
  const guards: Readonly<Record<Shape, Guard>> = {
    detail: services.guardFor({ shape: 'detail' }, { ...unbound, ...byQuestion }),
    oauth: services.guardFor({ shape: 'oauth' }, { ...unbound, ...byQuestion }),
    message: services.guardFor({ shape: 'message' }, { ...unbound, ...byQuestion }),
  }
  return { services, known, guards }
}

/** The decision about one request, for an API in any language: it asks, and sends what it is told. */
export function checkEndpoint({ services, known, guards }: CheckDesk): Endpoint {
  return {
    path: `${guardPath}/check`,
    methods: {
      POST: forGuard(services, async (request) => {
        const read = readQuestion(readJson(request), known)
        if (read.outcome === 'refuse') {
          throw new ProtocolError('invalid_request', describe(read.fields), { fields: read.fields })
        }
        return { status: 200, headers: noStore, body: await answer(read.value, guards) }
      }),
    },
  }
}

async function answerOne(value: unknown, { known, guards }: CheckDesk): Promise<CheckAnswers[number]> {
  const read = readQuestion(value, known)
  if (read.outcome === 'ok') return answer(read.value, guards)
  const { fields } = read
  return { outcome: 'invalid', error: 'invalid_request', error_description: describe(fields), fields }
}

/** The same for several requests. */
export function checksEndpoint(desk: CheckDesk): Endpoint {
  return {
    path: `${guardPath}/checks`,
    methods: {
      POST: forGuard(desk.services, async (request) => {
        const answers: CheckAnswers = []
        // One after the other, so that what is left of a limit goes to those who came first.
        for (const value of readBodyAs(anyChecksSchema, readJson(request)).checks) {
          answers.push(await answerOne(value, desk))
        }
        return { status: 200, headers: noStore, body: { answers } }
      }),
    },
  }
}
