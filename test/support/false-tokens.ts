import type { KeyObject } from 'node:crypto'
import { changed } from './refused-callers.ts'
import { signedBy, strangersKey } from './signing.ts'

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decoded = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>

/** What is not the internal token that was given, by name: half of it under the server's own good signature. */
export function falseTokens(
  token: string,
  key: KeyObject,
  now: number,
): Readonly<Record<string, string | readonly string[]>> {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const said = decoded(claims)
  const head = decoded(header)
  const { kid } = head
  const typ = 'internal+jwt'
  const good = (change: object, type: object = {}) =>
    signedBy(key, { ...head, ...type }, { ...said, ...change })
  return {
    'another type of token': good({}, { typ: 'at+jwt' }),
    'no type': good({}, { typ: undefined }),
    'another issuer’s': good({ iss: 'https://login.example.com/guard' }),
    'no issuer': good({ iss: undefined }),
    'another audience’s': good({ aud: '/behind' }),
    'for another method': good({ aud: 'POST /behind/domains' }),
    'for no method': good({ aud: '/behind/domains' }),
    'no audience': good({ aud: undefined }),
    'one that is over': good({ iat: now - 120, exp: now - 60 }),
    'one without an end': good({ exp: undefined }),
    'one of tomorrow': good({ iat: now + 86_400, exp: now + 90_000 }),
    'nobody’s': good({ principal: undefined }),
    'a stranger’s': signedBy(strangersKey('x').key, head, said),
    'a changed signature': changed(token),
    'no signature': `${header}.${claims}.`,
    'other claims': `${header}.${encoded({ ...said, sub: 'admin' })}.${signature}`,
    'alg none': `${encoded({ alg: 'none', typ, kid })}.${claims}.`,
    'a shared secret': `${encoded({ alg: 'HS256', typ, kid })}.${claims}.${signature}`,
    'an unknown key': `${encoded({ alg: 'ES256', typ, kid: 'x' })}.${claims}.${signature}`,
    'no key': `${encoded({ alg: 'ES256', typ })}.${claims}.${signature}`,
    'a key that is a number': `${encoded({ alg: 'ES256', typ, kid: 7 })}.${claims}.${signature}`,
    'a key that is a list': `${encoded({ alg: 'ES256', typ, kid: [kid] })}.${claims}.${signature}`,
    'a header that is a list': `${encoded([])}.${claims}.${signature}`,
    'two of them': [token, token],
    nothing: '',
    noise: '\u00e9.\u00ff.x',
    dots: '..',
  }
}
