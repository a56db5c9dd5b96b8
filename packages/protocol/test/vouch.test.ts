import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideVouch, type VouchRequest } from '../src/index.ts'

const now = 1000
const target = {
  issuer: 'https://other.example',
  clients: { app_1: 'their_app' },
  scope: ['read', 'write'],
  resources: ['https://api.other.example'],
}
const client = { clientId: 'app_1', type: 'confidential' as const }
const ask: VouchRequest = {
  client,
  identity: { audience: 'app_1', expiresAt: 1300 },
  audience: 'https://other.example',
  resource: undefined,
  scope: undefined,
  targets: [target],
}

const cases: [name: string, request: VouchRequest, outcome: string][] = [
  ['for who signed in for this client', ask, 'vouch'],
  [
    'with a scope and a resource that may be named',
    { ...ask, scope: ['read'], resource: 'https://api.other.example' },
    'vouch',
  ],
  [
    'RFC 8693 §5: a public client is refused',
    { ...ask, client: { ...client, type: 'public' } },
    'unauthorized_client',
  ],
  ['ID-JAG §4.3: without audience it is refused', { ...ask, audience: undefined }, 'invalid_request'],
  ['what is no ID token of ours is refused', { ...ask, identity: undefined }, 'invalid_request'],
  [
    'ID-JAG §4.3.1: an ID token for another client is refused',
    { ...ask, identity: { audience: 'app_2', expiresAt: 1300 } },
    'invalid_request',
  ],
  [
    'an ID token for several clients is refused',
    { ...ask, identity: { audience: ['app_1', 'app_2'], expiresAt: 1300 } },
    'invalid_request',
  ],
  [
    'an ID token that is over is refused',
    { ...ask, identity: { audience: 'app_1', expiresAt: now } },
    'invalid_request',
  ],
  [
    'RFC 8693 §2.2.2: a server that is not listed is invalid_target',
    { ...ask, audience: 'https://evil.example' },
    'invalid_target',
  ],
  [
    'a server where this client may not go is invalid_target',
    { ...ask, targets: [{ ...target, clients: { app_2: 'x' } }] },
    'invalid_target',
  ],
  [
    'a client named like a member of every object is nobody',
    {
      ...ask,
      client: { ...client, clientId: 'toString' },
      identity: { audience: 'toString', expiresAt: 1300 },
    },
    'invalid_target',
  ],
  [
    'a resource that is not listed is invalid_target',
    { ...ask, resource: 'https://api.evil.example' },
    'invalid_target',
  ],
  [
    'a resource where none is listed is invalid_target',
    { ...ask, resource: 'https://api.other.example', targets: [{ ...target, resources: undefined }] },
    'invalid_target',
  ],
  ['a scope that is not listed is refused', { ...ask, scope: ['read', 'admin'] }, 'invalid_scope'],
  [
    'a scope where none is listed is refused',
    { ...ask, scope: ['read'], targets: [{ ...target, scope: undefined }] },
    'invalid_scope',
  ],
]
for (const [name, request, outcome] of cases) {
  test(`vouch: ${name}`, () => {
    const decision = decideVouch(request, now)
    assert.equal(decision.outcome === 'refuse' ? decision.error : decision.outcome, outcome)
  })
}
test('vouch: the client is called what it is called there', () => {
  const decision = decideVouch({ ...ask, scope: ['read'] }, now)
  assert.deepEqual(decision, {
    outcome: 'vouch',
    audience: ask.audience,
    clientId: 'their_app',
    scope: ['read'],
  })
})
