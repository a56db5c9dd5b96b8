import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { SignerKey } from '../../packages/server/src/settings/signing.ts'
import type { SignerChange, SignerMode } from './signer.ts'

// Stands for a key management service: its keys never leave this process.

const keys: SignerKey[] = []
const privateKeys = new Map<string, KeyObject>()
let mode: SignerMode = 'works'
let asked = 0

function addKey(kid: string, activeAt: number): void {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  privateKeys.set(kid, privateKey)
  keys.push({ kid, alg: 'ES256', jwk: { ...publicKey.export({ format: 'jwk' }) }, activeAt })
}

function signature(kid: string, input: Buffer): Buffer {
  const key =
    mode === 'lies' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKeys.get(kid)
  if (!key) throw new Error('no such key')
  return sign('sha256', input, { key, dsaEncoding: mode === 'der' ? 'der' : 'ieee-p1363' })
}

const http = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  if (mode === 'silent') return
  if (mode === 'fails') {
    response.writeHead(500).end()
    return
  }
  if (request.url === '/keys') {
    response.end(JSON.stringify(keys))
    return
  }
  asked += 1
  const { kid, input } = JSON.parse(body) as { readonly kid: string; readonly input: string }
  const answer = signature(kid, Buffer.from(input, 'base64')).toString('base64')
  setTimeout(() => response.end(answer), mode === 'slow' ? 300 : 0)
})

process.on('message', (change: SignerChange) => {
  if (change.mode) mode = change.mode
  if (change.add) addKey(change.add.kid, change.add.activeAt)
  process.send?.({ asked })
})
process.on('disconnect', () => process.exit(0))
http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
