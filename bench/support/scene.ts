import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { administer, call, getCode, newPerson, signedInBrowser } from '../../test/support/actors.ts'
import { text } from '../../test/support/http.ts'
import { newOsirFlow, redeemAt } from '../../test/support/osir.ts'
import { startServer, type TestServer } from '../../test/support/server.ts'
import { signedBy, signingKeyOf } from '../../test/support/signing.ts'
import { inUse, type Scene } from '../subjects/subject.ts'

const people = 8
/** More than the guard's memory of signatures holds. */
const differentTokens = 16_384

interface Holder {
  readonly token: string
  readonly keys: readonly string[]
}

/** A person with an app's access token and API keys, all issued by the server. */
async function newHolder(server: TestServer): Promise<Holder> {
  const person = await newPerson(server)
  const flow = await newOsirFlow(server)
  const code = await getCode(await signedInBrowser(server, person), flow)
  const token = text(await redeemAt(server, flow, code), 'access_token')
  const keys: string[] = []
  for (let count = 0; count < inUse / people; count += 1) {
    const json = { name: `key ${count}`, scopes: ['domains:read'] }
    keys.push(text(await call(server, '/v1/api-keys', { bearer: person.access, json }), 'key'))
  }
  return { token, keys }
}

const part = (token: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())

/** Tokens that differ from issued ones in their `jti` alone, signed with the server's own key. */
function moreTokens(server: TestServer, issued: readonly string[]): readonly string[] {
  const key = signingKeyOf(server)
  const models = issued.map((token) => ({ header: part(token, 0), claims: part(token, 1) }))
  return Array.from({ length: differentTokens / models.length }, () =>
    models.map(({ header, claims }) => signedBy(key, header, { ...claims, jti: randomUUID() })),
  ).flat()
}

/** Starts a server in a process of its own, has it issue what the subjects verify, and writes that to a file. */
export async function setScene(): Promise<{
  readonly sceneFile: string
  readonly example: Record<string, unknown>
  close(): Promise<void>
}> {
  const server = await startServer({ startAt: Math.floor(Date.now() / 1000) })
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const holders: Holder[] = []
  for (let count = 0; count < people; count += 1) holders.push(await newHolder(server))
  const { json } = await administer(server, 'POST', '/guards', { name: 'bench' })
  const jwks = await call(server, '/.well-known/jwks.json')
  const tokens = moreTokens(
    server,
    holders.map(({ token }) => token),
  )
  const example = part(tokens[0] ?? '', 1)
  const scene: Scene = {
    server: server.address,
    issuer: String(example['iss']),
    jwksUri: `${server.address}/.well-known/jwks.json`,
    jwks: jwks.json as unknown as Scene['jwks'],
    tokens,
    keys: holders.flatMap(({ keys }) => keys),
    access: {
      server: server.address,
      clientId: String(json['client_id']),
      clientSecret: String(json['client_secret']),
    },
  }
  const sceneFile = join(folder, 'scene.json')
  await writeFile(sceneFile, JSON.stringify(scene), { mode: 0o600 })
  return {
    sceneFile,
    example,
    async close() {
      await rm(folder, { recursive: true, force: true })
      await server.close()
    },
  }
}
