import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doors } from '../../../../platforms/openchatstudio/src/preset.ts'
import { checkFapi, fapiDemands } from '../../src/server/check-fapi.ts'
import type { AppsDoor } from '../../src/settings/apps-door.ts'
import { withPresets } from '../../src/settings/presets.ts'
import type { SigningSettings } from '../../src/settings/signing.ts'

const preset = doors.find((door): door is AppsDoor => door.kind === 'apps') ?? assert.fail()
const refresh = { ...preset.refresh, rotation: 'none' } as const
const fapi: AppsDoor = { ...preset, refresh, fapi: true }
const problemsOf = (more: Partial<AppsDoor>, signing: SigningSettings = {}) =>
  checkFapi([withPresets({ ...fapi, ...more })], signing)

const right: [name: string, more: Partial<AppsDoor>, signing?: SigningSettings][] = [
  ['the line alone', {}],
  ['shorter codes', { codeLifetime: 30 }],
  ['certificates instead of keys', { clientAuth: ['tls_client_auth'], certificateBoundTokens: true }],
  ['certificates beside no proofs at all', { certificateBoundTokens: true, dpop: 'off' }],
  ['one algorithm', { signatureAlgorithms: ['PS256'] }, { algorithm: 'PS256' }],
  ['software that registers itself', { registration: 'open' }],
]
for (const [name, more, signing] of right)
  test(`FAPI 2.0: ${name}: is right`, () => assert.deepEqual(problemsOf(more, signing), []))

const wrong: [clause: string, more: Partial<AppsDoor>, said: RegExp, signing?: SigningSettings][] = [
  [
    '§5.3.2.1 items 3 and 6',
    { clientAuth: ['private_key_jwt', 'none'] },
    /clientAuth must name some of 'private_key_jwt'/,
  ],
  ['§5.3.2.1 items 3 and 6', { clientAuth: ['private_key_jwt', 'client_secret_jwt'] }, /clientAuth/],
  ['§5.3.2.1 items 3 and 6', { clientAuth: [] }, /clientAuth/],
  ['§5.3.2.1 item 4', { requireBoundTokens: false }, /requireBoundTokens must be true/],
  ['§5.3.2.1 item 5', { dpop: 'optional' }, /dpop must be 'required', or certificateBoundTokens true/],
  ['§5.3.2.1 item 5', { dpop: 'off' }, /dpop must be/],
  ['§5.3.2.1 item 8', { audienceAsText: false }, /audienceAsText must be true/],
  ['§5.3.2.1 item 8', { insecureEndpointAudience: true }, /insecureEndpointAudience must be left out/],
  ['§5.3.2.1 item 9', { refresh: preset.refresh }, /refresh.rotation must be 'none'/],
  ['§5.3.2.1 item 9', { refresh: { ...refresh, rotation: 'lazy' } }, /refresh.rotation must be 'none'/],
  ['§5.3.2.1 item 11', { codeLifetime: 61 }, /codeLifetime must be at most 60 seconds/],
  ['§5.3.2.1 item 13', { strictClock: false }, /strictClock must be true/],
  ['§5.3.2.2 items 2 and 3', { pushedRequests: 'optional' }, /pushedRequests must be 'required'/],
  ['§5.3.2.2 item 5', { pkce: 'confidential-may-omit' }, /pkce must be 'required'/],
  ['§5.3.2.2 items 6, 8 and 11', { strictRedirects: false }, /strictRedirects must be true/],
  ['§5.4.1 item 1', { signatureAlgorithms: ['ES256', 'RS256'] }, /signatureAlgorithms must name some of/],
  ['§5.4.1 item 1', { signatureAlgorithms: [] }, /signatureAlgorithms/],
  ['§5.4.1 item 1', {}, /signing.algorithm of the configuration must not be RS256/, { algorithm: 'RS256' }],
]
for (const [clause, more, said, signing] of wrong) {
  test(`FAPI 2.0: ${clause}: ${JSON.stringify({ ...more, ...signing })} is refused at start`, () => {
    const [problem = '', ...others] = problemsOf(more, signing)
    assert.match(problem, said)
    assert.match(problem, /^door openchatstudio: fapi: /)
    assert.ok(problem.endsWith(`(FAPI 2.0 Security Profile ${clause})`), problem)
    assert.deepEqual(others, [])
  })
}

test('FAPI 2.0: every demand on settings has a row that breaks it', () => {
  const all = wrong.flatMap(([, more, , signing]) => problemsOf(more, signing))
  for (const { setting } of fapiDemands)
    assert.ok(
      all.some((problem) => problem.includes(setting)),
      setting,
    )
})

test('FAPI 2.0: a door that does not claim it is left as it is', () => {
  assert.deepEqual(checkFapi([withPresets(preset)], { algorithm: 'RS256' }), [])
  assert.equal(withPresets(preset), preset)
})
