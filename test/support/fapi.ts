import assert from 'node:assert/strict'
import { newProofKey, type ProofKey, proofOf } from '../../packages/guard/test/support/proofs.ts'
import { administer, call, newPkce, responseOf } from './actors.ts'
import { assertionBy, byAssertion, type ClientKey, newClientKey } from './assertions.ts'
import type { Answer, Ask } from './http.ts'
import { callback, newScene, type Scene } from './ocs.ts'
import type { TestServer } from './server.ts'

const day = 24 * 3600

/** The setting of a FAPI door as an operator writes it: one line, and refresh tokens that stay as they are. */
export const fapiDoor = {
  fapi: true,
  refresh: { idle: 90 * day, absolute: 90 * day, rotation: 'none', grace: 0, format: 'opaque' },
} as const

/** A client of a FAPI door with its keys, and a person who is signed in. */
export interface FapiScene extends Scene {
  readonly key: ClientKey
  readonly proofKey: ProofKey
}

/** Sets the scene; `app` changes the client's metadata. */
export async function newFapiScene(server: TestServer, app: object = {}): Promise<FapiScene> {
  const key = await newClientKey('k1')
  const scene = await newScene(server, {
    scope: 'openid profile chatbot:read',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    ...app,
  })
  return { ...scene, key, proofKey: await newProofKey() }
}

/** How a request differs from a good one. */
export interface FapiWish {
  /** Parameters that are changed, added, or taken away. */
  readonly form?: Readonly<Record<string, string | undefined>>
  /** Claims and header of the client's assertion; `false`: there is none. */
  readonly assertion?:
    | { readonly claims?: object; readonly header?: object; readonly key?: ClientKey }
    | false
  /** Claims and header of the proof; `false`: there is none. */
  readonly proof?: { readonly claims?: object; readonly header?: object; readonly key?: ProofKey } | false
  readonly ask?: Ask
}

/** The nonce that the server gives out now. */
async function currentNonce(scene: FapiScene): Promise<string> {
  const { server, proofKey } = scene
  const proof = await proofOf(proofKey, {
    method: 'POST',
    url: `${server.base}/o/token/`,
    now: server.now(),
  })
  const form = { grant_type: 'refresh_token', ...(await proving(scene, {})) }
  const answer = await call(server, '/o/token/', { form, headers: { DPoP: proof } })
  return String(answer.headers['dpop-nonce'])
}

/** What proves the client. */
async function proving(
  { server, app, key }: FapiScene,
  { assertion }: Pick<FapiWish, 'assertion'>,
): Promise<Readonly<Record<string, string>>> {
  if (assertion === false) return { client_id: app.clientId }
  const { claims, header, key: by = key } = assertion ?? {}
  const wish = { clientId: app.clientId, aud: server.base, now: server.now() }
  const signed = await assertionBy(by, {
    ...wish,
    ...(claims && { claims: { ...claims } }),
    ...(header && { header: { ...header } }),
  })
  return byAssertion(signed)
}

/** Sends a request as the client of a scene, with its assertion and its proof. */
export async function request(
  scene: FapiScene,
  path: string,
  params: Readonly<Record<string, string>>,
  wish: FapiWish,
): Promise<Answer> {
  const { server, proofKey } = scene
  const all = { ...params, ...(await proving(scene, wish)), ...wish.form }
  const form = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const { claims, header, key = proofKey } = wish.proof || {}
  const proof =
    wish.proof === false
      ? undefined
      : await proofOf(key, {
          method: 'POST',
          url: server.base + path,
          now: server.now(),
          claims: { nonce: await currentNonce(scene), ...claims },
          ...(header && { header: { ...header } }),
        })
  return call(server, path, { form, ...(proof !== undefined && { headers: { DPoP: proof } }), ...wish.ask })
}

/** A verifier with the request that was made with its challenge. */
export interface FapiRequest {
  readonly verifier: string
  readonly params: Readonly<Record<string, string>>
}

/** An authorization request as the profile has it. */
export function newRequest({ app }: Pick<Scene, 'app'>): FapiRequest {
  const { verifier, challenge } = newPkce()
  const params = {
    client_id: app.clientId,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile chatbot:read',
    state: 's',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }
  return { verifier, params }
}

/** Pushes a request; no proof unless one is wished for. */
export function push(scene: FapiScene, wish: FapiWish = {}, wanted = newRequest(scene)): Promise<Answer> {
  return request(scene, '/o/par', wanted.params, { proof: false, ...wish })
}

/** The address to send the browser to with a pushed request. */
export function sentOn(scene: Pick<Scene, 'app'>, pushed: Answer): string {
  const query = new URLSearchParams({
    client_id: scene.app.clientId,
    request_uri: String(pushed.json['request_uri']),
  })
  return `/o/authorize/?${query}`
}

/** Brings a pushed request to the person, who approves; the redirect back. */
export async function approvePushed(scene: FapiScene, pushed: Answer): Promise<Answer> {
  assert.equal(pushed.status, 201, pushed.text)
  const { browser } = scene
  const page = await browser.settle(await browser.open(sentOn(scene, pushed)))
  return page.status === 200 ? browser.submit(page, { decision: 'approve' }) : page
}

/** A code, and the verifier that belongs to it. */
export async function fapiCode(
  scene: FapiScene,
  wish: FapiWish = {},
): Promise<{ readonly code: string; readonly verifier: string; readonly back: Answer }> {
  const wanted = newRequest(scene)
  const back = await approvePushed(scene, await push(scene, wish, wanted))
  return { code: responseOf(back).get('code') ?? '', verifier: wanted.verifier, back }
}

/** Exchanges a code. */
export function redeemCode(
  scene: FapiScene,
  { code, verifier }: { readonly code: string; readonly verifier: string },
  wish: FapiWish = {},
): Promise<Answer> {
  const params = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    code_verifier: verifier,
  }
  return request(scene, '/o/token/', params, wish)
}

/** Any other token request. */
export function tokenRequest(
  scene: FapiScene,
  params: Readonly<Record<string, string>>,
  wish: FapiWish = {},
): Promise<Answer> {
  return request(scene, '/o/token/', params, wish)
}

/** The tokens of a whole flow. */
export async function fapiTokens(scene: FapiScene): Promise<Answer> {
  const answer = await redeemCode(scene, await fapiCode(scene))
  assert.equal(answer.status, 200, answer.text)
  return answer
}

/** A registration that has to be refused; the answer. */
export async function registrationRefused(server: TestServer, app: object): Promise<string> {
  const json = { name: 'Test App', door: 'openchatstudio', redirect_uris: [callback], ...app }
  const refused = await administer(server, 'POST', '/clients', json).then(
    () => undefined,
    (error: unknown) => String(error),
  )
  assert.ok(refused, 'it was registered')
  return refused
}
