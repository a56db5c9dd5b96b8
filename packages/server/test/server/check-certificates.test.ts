import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doors as platformDoors } from '../../../../platforms/openchatstudio/src/preset.ts'
import { checkCertificates } from '../../src/server/check-certificates.ts'
import type { AppsDoor } from '../../src/settings/apps-door.ts'
import type { DoorSettings } from '../../src/settings/door.ts'

const settings = { header: 'X-Client-Cert', format: 'rfc9440', verified: 'always' } as const
const [apps] = platformDoors.filter((door) => door.kind === 'apps')
const doorWith = (more: Partial<AppsDoor>): readonly DoorSettings[] => (apps ? [{ ...apps, ...more }] : [])
const takes = doorWith({ clientAuth: ['tls_client_auth', 'self_signed_tls_client_auth'] })

const cases: [
  name: string,
  given: Parameters<typeof checkCertificates>[0],
  trustedProxies: number,
  doors: readonly DoorSettings[],
  problems: readonly RegExp[],
][] = [
  ['nothing is set', undefined, 0, doorWith({}), []],
  ['all that doors need is there', settings, 1, takes, []],
  ['no proxy is trusted', settings, 0, [], [/SALLYPORT_TRUSTED_PROXIES/]],
  [
    'doors need what is not set',
    undefined,
    1,
    takes,
    [/: tls_client_auth needs/, /: self_signed_tls_client_auth needs/],
  ],
  [
    'tokens are to be bound to what nobody tells',
    undefined,
    1,
    doorWith({ certificateBoundTokens: true }),
    [/certificateBoundTokens needs/],
  ],
  ['nobody says what is verified', { header: 'a', format: 'xfcc' }, 1, takes, [/clientCertificate.verified/]],
  [
    'what is verified does not matter',
    { header: 'a', format: 'xfcc' },
    1,
    doorWith({ clientAuth: ['self_signed_tls_client_auth'] }),
    [],
  ],
  ['a name that is no header', { ...settings, header: 'a b' }, 1, [], [/no header/]],
  [
    'a value that is empty',
    { ...settings, verified: { header: 'a', value: '' } },
    1,
    [],
    [/must not be empty/],
  ],
  ['an address with a path', { ...settings, baseUrl: 'https://a.example/x' }, 1, [], [/without a path/]],
]
for (const [name, given, trustedProxies, doors, problems] of cases) {
  test(`certificates of clients: ${name}`, () => {
    const found = checkCertificates(given, { trustedProxies, doors })
    assert.equal(found.length, problems.length, found.join('; '))
    for (const [index, problem] of problems.entries()) assert.match(found[index] ?? '', problem)
  })
}
