/** What the FAPI 2.0 Security Profile demands of an authorization server: a row for each demand, each with what it must not do. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { newProofKey, type ProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { authorizePath, call, newPkce, responseOf } from '../support/actors.ts'
import { assertionBy, newClientKey } from '../support/assertions.ts'
import {
  fapiCode,
  fapiDoor,
  type FapiScene,
  fapiTokens,
  type FapiWish,
  newFapiScene,
  newRequest,
  push,
  redeemCode,
  registrationRefused,
  request,
  sentOn,
  tokenRequest,
} from '../support/fapi.ts'
import { type Answer, text } from '../support/http.ts'
import { callback } from '../support/ocs.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let scene: FapiScene
before(async () => {
  server = await startServer({ doors: { openchatstudio: { ...fapiDoor, requestObjects: 'optional' } } })
  scene = await newFapiScene(server)
})
after(() => server.close())

function refused(answer: Answer, error: string, status = 400): void {
  assert.equal(answer.json['error'], error, `${answer.status} ${answer.text.slice(0, 300)}`)
  assert.equal(answer.status, status)
}

const inRequest = (form: FapiWish['form']): FapiWish => (form ? { form } : {})
const any = { grant_type: 'refresh_token', refresh_token: 'whatever' }
const rsa = () => newClientKey('rsa', 'RS256')

const discovery = async () => (await call(server, '/.well-known/openid-configuration')).json

/** A sentence for each demand, with what must not be. */
const demands: [clause: string, demand: string, negative: () => Promise<void>][] = [
  [
    '§5.2.3 item 3',
    'the authorization endpoint takes no part in CORS',
    async () => {
      const headers = { Origin: 'https://your-server', 'Access-Control-Request-Method': 'GET' }
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await call(server, '/o/authorize/', { method, headers })
        assert.deepEqual(
          Object.keys(answer.headers).filter((name) => name.startsWith('access-control-')),
          [],
        )
      }
    },
  ],
  [
    '§5.3.2.1 item 1',
    'the metadata tell what holds here, and nothing else',
    async () => {
      const told = await discovery()
      const algorithms = ['ES256', 'Ed25519', 'EdDSA', 'PS256']
      assert.equal(told['require_pushed_authorization_requests'], true)
      assert.deepEqual(told['token_endpoint_auth_methods_supported'], ['private_key_jwt'])
      for (const name of [
        'dpop_signing_alg_values_supported',
        'token_endpoint_auth_signing_alg_values_supported',
        'request_object_signing_alg_values_supported',
      ])
        assert.deepEqual([...(told[name] as string[])].sort(), [...algorithms].sort(), name)
    },
  ],
  [
    '§5.3.2.1 item 2',
    'passwords of people buy nothing',
    async () => {
      const { email: username, password } = scene.person
      refused(
        await tokenRequest(scene, { grant_type: 'password', username, password }),
        'unsupported_grant_type',
      )
    },
  ],
  [
    '§5.3.2.1 item 3',
    'there are no public clients',
    async () => {
      assert.match(await registrationRefused(server, { type: 'public' }), /token_endpoint_auth_method/)
    },
  ],
  [
    '§5.3.2.1 items 4 and 5',
    'a token request without a proof gets nothing, and what others get is bound to their key',
    async () => {
      refused(await redeemCode(scene, await fapiCode(scene), { proof: false }), 'invalid_dpop_proof')
      refused(await tokenRequest(scene, any, { proof: false }), 'invalid_dpop_proof')
      const access = text(await fapiTokens(scene), 'access_token')
      assert.deepEqual(decodeJwt(access)['cnf'], { jkt: scene.proofKey.jkt })
    },
  ],
  [
    '§5.3.2.1 item 6',
    'a secret is no proof of a client, and nobody is registered for one',
    async () => {
      for (const method of [undefined, 'client_secret_basic', 'client_secret_post', 'client_secret_jwt'])
        assert.match(
          await registrationRefused(server, { ...(method && { token_endpoint_auth_method: method }) }),
          /token_endpoint_auth_method must be one that the door takes: private_key_jwt/,
        )
      const client_secret = 'a-secret-that-nobody-has'
      const form = { client_id: scene.app.clientId, client_secret }
      refused(await tokenRequest(scene, any, { assertion: false, form }), 'invalid_client', 401)
    },
  ],
  [
    '§5.3.2.1 item 7',
    'nobody is sent to an address that the client did not register',
    async () => {
      const { params } = newRequest(scene)
      const redirect_uri = 'https://attacker.example/'
      refused(await push(scene, inRequest({ redirect_uri })), 'invalid_request')
      const query = new URLSearchParams({ ...params, redirect_uri })
      for (const path of [
        `/o/authorize/?${query}`,
        `/sign-in?${new URLSearchParams({ return_to: redirect_uri })}`,
      ]) {
        const answer = await scene.browser.open(path)
        assert.doesNotMatch(String(answer.headers.location), /attacker/)
      }
    },
  ],
  [
    '§5.3.2.1 item 8',
    'the audience of an assertion is the issuer as text: no endpoint, no list, nobody else',
    async () => {
      const issuer = server.base
      for (const aud of [[issuer], [issuer, 'https://other.example'], `${issuer}/o/token/`, `${issuer}/`])
        refused(await push(scene, { assertion: { claims: { aud } } }), 'invalid_client', 401)
      assert.equal((await push(scene, { assertion: { claims: { aud: issuer } } })).status, 201)
    },
  ],
  [
    '§5.3.2.1 item 9',
    'a refresh token is not replaced: it works again after it was used, and comes back as it was',
    async () => {
      const token = text(await fapiTokens(scene), 'refresh_token')
      const refresh = { grant_type: 'refresh_token', refresh_token: token }
      for (let times = 0; times < 3; times += 1) {
        const answer = await tokenRequest(scene, refresh)
        assert.equal(answer.status, 200, answer.text)
        assert.equal(answer.json['refresh_token'], token)
      }
      const other = await newFapiScene(server)
      refused(await tokenRequest(other, refresh), 'invalid_grant')
    },
  ],
  [
    '§5.3.2.1 item 10',
    'a proof without the nonce that the server gave out is sent back for it',
    async () => {
      const answer = await tokenRequest(scene, any, { proof: { claims: { nonce: undefined } } })
      refused(answer, 'use_dpop_nonce')
      assert.ok(answer.headers['dpop-nonce'])
    },
  ],
  [
    '§5.3.2.1 item 11',
    'a code is over after 60 seconds',
    async () => {
      const code = await fapiCode(scene)
      await server.advance(60)
      refused(await redeemCode(scene, code), 'invalid_grant')
    },
  ],
  [
    '§5.3.2.1 item 12',
    'a code that was asked for with a key is for that key: told by dpop_jkt, and by the proof of the pushed request',
    async () => {
      const dpop_jkt = scene.proofKey.jkt
      const otherKey = { proof: { key: await newProofKey() } }
      for (const wish of [inRequest({ dpop_jkt }), { proof: {} }]) {
        refused(await redeemCode(scene, await fapiCode(scene, wish), otherKey), 'invalid_grant')
        assert.equal((await redeemCode(scene, await fapiCode(scene, wish))).status, 200)
      }
      const two = await push(scene, { ...otherKey, form: { dpop_jkt } })
      refused(two, 'invalid_request')
    },
  ],
  [
    '§5.3.2.1 item 13',
    'an assertion or a proof may be 10 seconds ahead and not more than 60, whatever nonce is in it',
    async () => {
      const now = server.now()
      for (const claim of ['iat', 'nbf']) {
        const [ahead, far] = [{ claims: { [claim]: now + 10 } }, { claims: { [claim]: now + 61 } }]
        assert.equal((await push(scene, { assertion: ahead })).status, 201, claim)
        refused(await push(scene, { assertion: far }), 'invalid_client', 401)
        assert.equal((await push(scene, { proof: ahead })).status, 201, claim)
        refused(await push(scene, { proof: far }), 'invalid_dpop_proof')
        refused(await redeemCode(scene, await fapiCode(scene), { proof: far }), 'invalid_dpop_proof')
      }
    },
  ],
  [
    '§5.3.2.1 item 14',
    'a token is for no more than was asked for',
    async () => {
      const answer = await redeemCode(scene, await fapiCode(scene, inRequest({ scope: 'chatbot:read' })))
      assert.equal(decodeJwt(text(answer, 'access_token'))['scope'], 'chatbot:read')
      refused(await push(scene, inRequest({ scope: 'session:write' })), 'invalid_scope')
    },
  ],
  [
    '§5.3.2.2 item 1',
    'there is no response type but code',
    async () => {
      for (const response_type of ['token', 'code id_token', 'id_token', 'none'])
        refused(await push(scene, inRequest({ response_type })), 'unsupported_response_type')
    },
  ],
  [
    '§5.3.2.2 items 2 and 3',
    'a request that was not pushed is refused, whoever signed it',
    async () => {
      const { params } = newRequest(scene)
      const flow = { app: scene.app, redirectUri: callback, authorize: '/o/authorize/', pkce: newPkce() }
      const answer = await scene.browser.open(authorizePath({ ...flow, scope: params['scope'] ?? '' }))
      assert.equal(responseOf(answer).get('error'), 'invalid_request')
      assert.equal(responseOf(answer).get('code'), null)
    },
  ],
  [
    '§5.3.2.2 item 4',
    'nobody pushes a request without proof of who they are',
    async () => {
      refused(await push(scene, { assertion: false }), 'invalid_client', 401)
      refused(await push(scene, { assertion: { key: await newClientKey('k1') } }), 'invalid_client', 401)
    },
  ],
  [
    '§5.3.2.2 item 5',
    'PKCE by S256, and a code is worth nothing without the verifier',
    async () => {
      for (const form of [
        { code_challenge: undefined },
        { code_challenge_method: 'plain' },
        { code_challenge_method: undefined },
      ])
        refused(await push(scene, inRequest(form)), 'invalid_request')
      const { code } = await fapiCode(scene)
      refused(await redeemCode(scene, { code, verifier: newPkce().verifier }), 'invalid_grant')
    },
  ],
  [
    '§5.3.2.2 item 6',
    'a pushed request names its redirect address, also where the client has only one',
    async () => {
      refused(await push(scene, inRequest({ redirect_uri: undefined })), 'invalid_request')
    },
  ],
  [
    '§5.3.2.2 item 7',
    'an answer says who gave it, also when it is a refusal',
    async () => {
      const { back } = await fapiCode(scene)
      assert.equal(responseOf(back).get('iss'), server.base)
      const stranger = await newFapiScene(server)
      const pushed = await push(stranger, inRequest({ prompt: 'none' }))
      const refusal = responseOf(await stranger.browser.open(sentOn(stranger, pushed)))
      assert.deepEqual([refusal.get('error'), refusal.get('iss')], ['consent_required', server.base])
    },
  ],
  [
    '§5.3.2.2 item 8',
    'no answer goes over plain http, but to a loopback IP of the same machine',
    async () => {
      const registered = (uri: string) => registrationRefused(server, { ...withKey(), redirect_uris: [uri] })
      assert.match(await registered('http://client.example/cb'), /https/)
      assert.match(await registered('http://localhost:8080/cb'), /loopback IP/)
      const native = await newFapiScene(server, { redirect_uris: ['http://127.0.0.1/cb'] })
      const wish = inRequest({ redirect_uri: 'http://127.0.0.1:4711/cb' })
      assert.equal((await push(native, wish)).status, 201)
    },
  ],
  [
    '§5.3.2.2 item 9',
    'a code works once, and what it bought ends when it comes again',
    async () => {
      const code = await fapiCode(scene)
      const first = await redeemCode(scene, code)
      refused(await redeemCode(scene, code), 'invalid_grant')
      const refresh = { grant_type: 'refresh_token', refresh_token: text(first, 'refresh_token') }
      refused(await tokenRequest(scene, refresh), 'invalid_grant')
    },
  ],
  [
    '§5.3.2.2 items 10 and 11',
    'no redirect sends a form on: each is a 303',
    async () => {
      const { back } = await fapiCode(scene)
      assert.equal(back.status, 303)
      const asForm = await scene.browser.open('/o/authorize/', { form: newRequest(scene).params })
      assert.equal(asForm.status, 303)
      const pushed = await push(scene, inRequest({ prompt: 'login' }))
      const toSignIn = await scene.browser.open(sentOn(scene, pushed))
      assert.equal(toSignIn.status, 303)
      assert.match(String(toSignIn.headers.location), /sign-in/)
    },
  ],
  [
    '§5.3.2.2 item 12',
    'the name of a pushed request is good for less than ten minutes, and says so',
    async () => {
      const pushed = await push(scene)
      const lifetime = Number(pushed.json['expires_in'])
      assert.ok(lifetime > 0 && lifetime < 600)
      await server.advance(lifetime)
      const answer = await scene.browser.open(sentOn(scene, pushed))
      assert.equal(answer.status, 400)
      assert.match(answer.text, /invalid_request_uri/)
    },
  ],
  [
    '§5.3.2.2 item 13',
    'the page names the client and what it asks for, and says nothing of what it does not',
    async () => {
      const pushed = await push(scene, inRequest({ prompt: 'consent', scope: 'chatbot:read' }))
      const page = await scene.browser.settle(await scene.browser.open(sentOn(scene, pushed)))
      assert.match(page.text, /Test App/)
      assert.match(page.text, /See your chatbots/)
      assert.doesNotMatch(page.text, /See your name/)
    },
  ],
  [
    '§5.3.2.2 item 14',
    'a nonce of 64 characters comes back whole in the ID token',
    async () => {
      const nonce = 'n'.repeat(64)
      const answer = await redeemCode(scene, await fapiCode(scene, inRequest({ nonce })))
      assert.equal(decodeJwt(text(answer, 'id_token'))['nonce'], nonce)
    },
  ],
  [
    '§5.3.2.3',
    'who signed in is told by an ID token, to whom asked for that',
    async () => {
      const told = await redeemCode(scene, await fapiCode(scene))
      assert.equal(decodeJwt(text(told, 'id_token')).sub, scene.person.id)
      const without = await redeemCode(scene, await fapiCode(scene, inRequest({ scope: 'chatbot:read' })))
      assert.equal(without.json['id_token'], undefined)
    },
  ],
  [
    '§5.3.4 items 1 and 2',
    'a token in an address is none',
    async () => {
      const access = text(await fapiTokens(scene), 'access_token')
      assert.equal((await useToken(access)).status, 200)
      const { DPoP = '' } = await withProof(access)
      const path = `/api/chatbots/?access_token=${access}`
      assert.equal((await call(server, path, { headers: { DPoP } })).status, 401)
    },
  ],
  [
    '§5.3.4 item 3',
    'a token that was changed, is over or was revoked opens nothing',
    async () => {
      const tokens = await fapiTokens(scene)
      const access = text(tokens, 'access_token')
      const [head = '', , signature = ''] = access.split('.')
      const claims = { ...decodeJwt(access), scope: 'chatbot:write' }
      const changed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
      assert.equal((await useToken(changed)).status, 401)
      const revoke = { token: text(tokens, 'refresh_token') }
      assert.equal((await request(scene, '/o/revoke_token/', revoke, { proof: false })).status, 200)
      assert.equal((await useToken(access)).status, 401)
      const other = text(await fapiTokens(scene), 'access_token')
      await server.advance(3601)
      assert.equal((await useToken(other)).status, 401)
    },
  ],
  [
    '§5.3.4 item 4',
    'a token opens no more than it is for',
    async () => {
      const answer = await redeemCode(scene, await fapiCode(scene, inRequest({ scope: 'openid' })))
      const refusedThere = await useToken(text(answer, 'access_token'))
      assert.equal(refusedThere.status, 403)
    },
  ],
  [
    '§5.3.4 item 5',
    'a token opens nothing without a proof by its own key, for this request, made now, and with the token',
    async () => {
      const access = text(await fapiTokens(scene), 'access_token')
      assert.equal((await call(server, '/api/chatbots/', { bearer: access })).status, 401)
      const bare = { Authorization: `DPoP ${access}` }
      assert.equal((await call(server, '/api/chatbots/', { headers: bare })).status, 401)
      assert.equal((await useToken(access, { key: await newProofKey() })).status, 401)
      for (const claims of [
        { htm: 'POST' },
        { htu: `${server.base}/api/other/` },
        { ath: 'other' },
        { iat: server.now() - 61 },
        { iat: server.now() + 61 },
      ])
        assert.equal((await useToken(access, { claims })).status, 401, JSON.stringify(claims))
    },
  ],
  [
    '§5.4.1 item 1',
    'RS256 and none are taken from nobody: assertions, proofs, registrations; and nothing is signed with them',
    async () => {
      const key = await rsa()
      const keys = { keys: [{ ...key.jwk, kid: 'rsa' }] }
      const byRsa = await newFapiScene(server, { jwks: keys })
      refused(await push(byRsa, { assertion: { key } }), 'invalid_client', 401)
      assert.equal((await push(byRsa, { assertion: { key: await asPs256(key) } })).status, 201)
      refused(await push(scene, { proof: { key: await newProofKey('RS256') } }), 'invalid_dpop_proof')
      assert.match(
        await registrationRefused(server, {
          ...withKey(),
          token_endpoint_auth_signing_alg: 'RS256',
          jwks: keys,
        }),
        /token_endpoint_auth_signing_alg must be one of PS256/,
      )
      const unsigned = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa('{}').replaceAll('=', '')}.`
      refused(await push(scene, inRequest({ request: unsigned })), 'invalid_request_object')
      const objectBy = (by: typeof key) =>
        assertionBy(by, {
          clientId: byRsa.app.clientId,
          aud: server.base,
          now: server.now(),
          claims: { ...newRequest(byRsa).params, sub: undefined },
        })
      const proven = { assertion: { key: await asPs256(key) } }
      const bySigned = async (object: string) => push(byRsa, { ...proven, form: { request: object } })
      refused(await bySigned(await objectBy(key)), 'invalid_request_object')
      assert.equal((await bySigned(await objectBy(await asPs256(key)))).status, 201)
      const { access_token, id_token } = (await fapiTokens(scene)).json
      for (const token of [access_token, id_token])
        assert.equal(decodeProtectedHeader(String(token)).alg, 'ES256')
    },
  ],
  [
    '§5.4.1 items 2 and 3',
    'keys that are too short are not registered',
    async () => {
      const n = Buffer.alloc(128, 0xc5).toString('base64url')
      const jwks = { keys: [{ kty: 'RSA', n, e: 'AQAB' }] }
      assert.match(
        await registrationRefused(server, { token_endpoint_auth_method: 'private_key_jwt', jwks }),
        /2048/,
      )
    },
  ],
  [
    '§5.4.1 item 4',
    'what only machines handle has 128 bits that nobody can guess',
    async () => {
      const { code } = await fapiCode(scene)
      const name =
        String((await push(scene)).json['request_uri'])
          .split(':')
          .at(-1) ?? ''
      for (const value of [code, name]) assert.ok(Buffer.from(value, 'base64url').length >= 16)
    },
  ],
  [
    '§5.4.2 item 3',
    'no two keys of the server have one name',
    async () => {
      const { keys } = (await call(server, '/.well-known/jwks.json')).json as {
        readonly keys: readonly { readonly kid: string }[]
      }
      assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
    },
  ],
]

interface ProofWish {
  readonly key?: ProofKey
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The headers of a call with a token and its proof. */
async function withProof(
  token: string,
  { key = scene.proofKey, claims = {} }: ProofWish = {},
): Promise<Readonly<Record<string, string>>> {
  const url = `${server.base}/api/chatbots/`
  const DPoP = await proofOf(key, { url, now: server.now(), token, claims })
  return { Authorization: `DPoP ${token}`, DPoP }
}

const useToken = async (token: string, wish?: ProofWish): Promise<Answer> =>
  call(server, '/api/chatbots/', { headers: await withProof(token, wish) })

const withKey = () => ({
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [scene.key.jwk] },
})

/** The same RSA key, signing with PS256. */
async function asPs256({ privateKey, jwk }: Awaited<ReturnType<typeof rsa>>) {
  const { exportJWK, importJWK } = await import('jose')
  const again = await importJWK({ ...(await exportJWK(privateKey)) }, 'PS256')
  assert.ok(!(again instanceof Uint8Array))
  return { alg: 'PS256', privateKey: again, jwk }
}

describe('FAPI 2.0 Security Profile', () => {
  for (const [clause, demand, negative] of demands)
    test(`${clause}: ${demand}`, () => assert.doesNotReject(negative))
})
