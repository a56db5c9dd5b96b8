import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRedirectUri, redirectUriMatches } from '../src/index.ts'

const registrations: [uri: string, says: RegExp | undefined][] = [
  ['https://your-server/callback/', undefined],
  ['https://yourapp.com/callback', undefined],
  ['https://yourapp.com', undefined],
  ['https://yourapp.com/callback?tenant=1', undefined],
  ['http://127.0.0.1/callback', undefined],
  ['http://127.0.0.1:8080/callback', undefined],
  ['http://[::1]/callback', undefined],
  ['http://localhost:3000/callback', undefined],
  ['com.example.app:/callback', undefined],
  ['com.example.app://callback', undefined],
  ['http://yourapp.com/callback', /https/],
  ['http://localhost.evil.com/', /https/],
  ['javascript:alert(1)', /private scheme/],
  ['data:text/html,x', /private scheme/],
  ['myapp:/callback', /private scheme/],
  ['/callback', /absolute/],
  ['//yourapp.com/callback', /absolute/],
  ['', /printable/],
  ['https://', /absolute/],
  ['https://yourapp.com/#x', /fragment/],
  ['https://user@yourapp.com/', /user name/],
  ['https://@yourapp.com/', /user name/],
  ['com.example.app://user@callback', /user name/],
  ['https://*.yourapp.com/', /wildcard/],
  ['https://yourapp.com\\@evil.com/', /backslash/],
  ['https://yourapp.com/a b', /printable/],
  ['https://yourapp.com/\n', /printable/],
  ['https://yöurapp.com/', /printable/],
  ['https://YourApp.com/', /normal form/],
  ['https://yourapp.com:443/', /normal form/],
  ['https://yourapp.com/a/../b', /normal form/],
  ['https://yourapp.com/%2e%2e/b', /normal form/],
  ['https:/yourapp.com/', /normal form/],
  ['https://yourapp.com./', /host name/],
  ['http://2130706433/', /normal form/],
  [`https://yourapp.com/${'a'.repeat(2000)}`, /at most/],
]
for (const [uri, says] of registrations) {
  test(`redirect URI ${JSON.stringify(uri.slice(0, 60))} is ${says ? 'refused' : 'registered'}`, () => {
    const reason = checkRedirectUri(uri)
    if (says === undefined) assert.equal(reason, undefined)
    else assert.match(reason ?? '', says)
  })
}

const callback = 'https://your-server/callback/'
const matches: [presented: string, registered: string, expected: boolean][] = [
  [callback, callback, true],
  ['https://your-server/callback', callback, false],
  ['https://your-server/callback/more', callback, false],
  ['http://your-server/callback/', callback, false],
  ['https://your-server:443/callback/', callback, false],
  ['https://your-server/callback/#f', callback, false],
  ['https://your-server/callback/?x=1', callback, false],
  ['https://your-server@evil.example/callback/', callback, false],
  ['https://YOUR-SERVER/callback/', callback, false],
  ['https://your-server/%63allback/', callback, false],
  ['http://127.0.0.1:51004/cb', 'http://127.0.0.1/cb', true],
  ['http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb', true],
  ['http://[::1]:51004/cb?a=1', 'http://[::1]/cb?a=1', true],
  ['http://127.0.0.1:51004', 'http://127.0.0.1', true],
  ['http://127.0.0.1:51004/cb/x', 'http://127.0.0.1/cb', false],
  ['http://127.0.0.1:51004/cb#f', 'http://127.0.0.1/cb', false],
  ['http://127.0.0.1:51004@evil.example/cb', 'http://127.0.0.1/cb', false],
  ['http://127.0.0.1:0/cb', 'http://127.0.0.1/cb', false],
  ['http://127.0.0.1:99999/cb', 'http://127.0.0.1/cb', false],
  ['https://127.0.0.1:51004/cb', 'http://127.0.0.1/cb', false],
  ['http://[::1]:51004/cb', 'http://127.0.0.1/cb', false],
  ['http://127.0.0.1.evil.example/cb', 'http://127.0.0.1/cb', false],
  ['http://localhost:51004/cb', 'http://localhost/cb', false],
]
for (const [presented, registered, expected] of matches) {
  test(`redirect URI ${presented} ${expected ? 'matches' : 'does not match'} ${registered}`, () =>
    assert.equal(redirectUriMatches(presented, registered), expected))
}
