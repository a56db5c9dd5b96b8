import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { inTurn, type Scene, type Subject } from './subject.ts'

function joseSubject({ issuer, tokens }: Scene, keys: JWTVerifyGetKey): Subject {
  const options = { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['ES256'] }
  return {
    prepare: inTurn(tokens),
    async check(token) {
      await jwtVerify(String(token), keys, options)
    },
    close: () => Promise.resolve(),
  }
}

/** `jose` with the keys in memory. */
export async function joseLocal(scene: Scene): Promise<Subject> {
  return joseSubject(scene, createLocalJWKSet(scene.jwks as JSONWebKeySet))
}

/** `jose` with the server's key set, fetched once and cached. */
export async function joseRemote(scene: Scene): Promise<Subject> {
  return joseSubject(scene, createRemoteJWKSet(new URL(scene.jwksUri)))
}
