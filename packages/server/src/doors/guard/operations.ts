import type { Operation } from './openapi.ts'

const nothing = 'Done.'

/** One check. */
export const checkOperation: Operation = {
  id: 'check',
  summary: 'Who is calling, and may they',
  description:
    'Takes what a caller presented to an API, and what that API asks of them. Answered 200 either way: `allow` with the ' +
    'principal, or `refuse` with the reply to send as it is. Anything else means that nothing was decided: let nobody in.',
  access: 'guard',
  body: 'Check',
  answers: { 200: { description: 'The decision.', schema: 'Answer' } },
}

/** Several checks. */
export const checksOperation: Operation = {
  id: 'checks',
  summary: 'The same for several callers at once',
  description:
    'Decided one after the other and answered in the order asked. One that can’t be understood is answered `invalid` and ' +
    'leaves the others alone.',
  access: 'guard',
  body: 'Checks',
  answers: { 200: { description: 'The decisions.', schema: 'Answers' } },
}

/** Doors, key formats, public keys. */
export const metadataOperation: Operation = {
  id: 'metadata',
  summary: 'What a guard must know before its first request',
  description:
    'Doors and their issuers, the formats of API keys, the public keys that tokens are verified with.',
  access: 'guard',
  answers: { 200: { description: 'The metadata.', schema: 'Metadata' } },
}

/** Live facts. */
export const factsOperation: Operation = {
  id: 'facts',
  summary: 'Live facts, many at a time',
  description: 'In the order asked for; null for what there is not. The feed says which of them changed.',
  access: 'guard',
  body: 'FactsQuestion',
  answers: { 200: { description: 'The facts.', schema: 'Facts' } },
}

/** What was used. */
export const usesOperation: Operation = {
  id: 'uses',
  summary: 'Which credentials a guard has let in',
  description:
    'So that their last-used moments are known. A moment before one that is known already changes nothing.',
  access: 'guard',
  body: 'Uses',
  answers: { 204: { description: nothing } },
}

/** A call counted. */
export const spendOperation: Operation = {
  id: 'spend',
  summary: 'Counts a call that a guard elsewhere lets in',
  description:
    'Rate limits are counted where all of a customer’s calls come together; by the team’s own plan, as it is now.',
  access: 'guard',
  body: 'Spending',
  answers: { 200: { description: 'What is left; null when no limit applies.', schema: 'Spent' } },
}

/** What changed. */
export const feedOperation: Operation = {
  id: 'feed',
  summary: 'What changed, as it happens',
  description:
    'Server-sent events: `change` with {"kind", "id"} names a fact to forget, `reset` says to forget all, `ready` that what ' +
    'was missed has been told. A comment comes twice a second while nothing happens.',
  access: 'guard',
  headers: { 'Last-Event-ID': 'The last event that was read; left out on the first visit.' },
  answers: { 200: { description: 'The feed.', schema: 'any', mediaType: 'text/event-stream' } },
}

const told = 'Always there, and empty where there is nothing.'
const names = ['Kind', 'Id', 'Door', 'Account', 'Client', 'Team', 'Plan', 'Role', 'Scopes', 'Environment']

const forwardAnswers: Operation['answers'] = {
  200: {
    description: 'It may pass.',
    headers: {
      ...Object.fromEntries(names.map((name) => [`X-Auth-${name}`, told])),
      'X-Auth-Token':
        'Where the route says so: a JWT that states who is calling, good for a minute. Else empty.',
    },
  },
  400: { description: 'The proxy did not say which request it holds, or two credentials.', schema: 'any' },
  401: { description: 'Nobody, in the route’s words.', schema: 'any' },
  403: {
    description: 'Not this, in the route’s words; to nginx every refusal but 401.',
    schema: 'any',
    headers: {
      'X-Auth-Status': 'To nginx: the real status.',
      'X-Auth-Body': 'To nginx, which passes on no body: the body, as JSON in ASCII.',
    },
  },
  429: { description: 'Not now, in the route’s words.', schema: 'any' },
  503: { description: 'It can’t be known now, in the route’s words.', schema: 'any' },
}

/** Forward authentication. */
export const forwardAuthOperation: Operation = {
  id: 'forwardAuth',
  summary: 'Whether the request that a proxy holds may pass',
  description:
    'The caller’s own headers are sent along, the credential among them. Name the request by one pair of headers, each ' +
    'once: X-Original-* or X-Forwarded-*.',
  access: 'public',
  headers: {
    'X-Original-Method': 'nginx: the method of the request.',
    'X-Original-URI': 'nginx: its path and query.',
    'X-Forwarded-Method': 'All others: the method of the request.',
    'X-Forwarded-Uri': 'All others: its path and query.',
  },
  answers: forwardAnswers,
}

/** Forward authentication by Envoy. */
export const envoyOperation: Operation = {
  id: 'envoy',
  summary: 'Whether the request that Envoy holds may pass',
  description:
    'What is judged is this request’s method and what follows /guard/envoy in its path, however many segments that has. ' +
    'No header names anything.',
  access: 'public',
  answers: forwardAnswers,
}

/** This description. */
export const openApiOperation: Operation = {
  id: 'openapi',
  summary: 'This description',
  description: 'OpenAPI 3.1, made from the schemas by which requests are read.',
  access: 'public',
  answers: { 200: { description: 'The description.', schema: 'any' } },
}
