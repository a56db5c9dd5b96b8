import { createHash, generateKeyPairSync } from 'node:crypto'
import { connectFacts, createGuard, SignatureCache, secretHash } from '@sallyport/guard'
import { formatApiKey } from '@sallyport/protocol'
import { collect } from './collect.ts'

/** What is held in memory, in the order in which it is shown. */
export const phases = ['facts', 'checks', 'signatures'] as const
/** One of them. */
export type Phase = (typeof phases)[number]

/** What a process grew by, in bytes. */
export interface PhaseResult {
  readonly what: string
  readonly heap: number
  readonly resident: number
  readonly note: string
}

/** The guard as it is connected; with patience, since two thousand are looked up at once on a machine that may be busy. */
const connect = (server: string, cacheSize: number) =>
  connectFacts({ server, clientId: 'c', clientSecret: 's', cacheSize, timeoutMs: 60_000 })

/** Looked up at once. */
const portion = 2000
const format = { prefix: 'osir', layout: 'base62', environments: true } as const

const secretOf = (index: number): string =>
  formatApiKey(format, 'live', createHash('sha256').update(`key ${index}`).digest())

async function inPortions(from: number, to: number, use: (index: number) => Promise<unknown>): Promise<void> {
  for (let at = from; at < to; at += portion) {
    await Promise.all(Array.from({ length: Math.min(portion, to - at) }, (_, index) => use(at + index)))
    // What is known is answered without a turn of the event loop, in which the feed is heard.
    await new Promise(setImmediate)
  }
}

/** Makes a function that tells how much the process has grown since. */
async function startGrowth() {
  await collect()
  const before = process.memoryUsage()
  return async (what: string, note: string): Promise<PhaseResult> => {
    await collect()
    const { heapUsed, rss } = process.memoryUsage()
    return { what, heap: heapUsed - before.heapUsed, resident: rss - before.rss, note }
  }
}

const requestsSoFar = async (server: string): Promise<number> =>
  ((await (await fetch(`${server}/requests`)).json()) as { readonly factRequests: number }).factRequests

/** The facts about keys alone, and then half as many more as may be held. */
async function measureFacts(server: string, keys: number): Promise<readonly PhaseResult[]> {
  const source = await connect(server, keys)
  const use = (index: number) => source.apiKey(secretHash(secretOf(index)))
  // Compiled and connected before anything is counted.
  await inPortions(0, portion, use)
  const grown = await startGrowth()
  await inPortions(portion, keys, use)
  const all = await grown('facts about keys', '')
  const before = await requestsSoFar(server)
  await inPortions(0, keys, use)
  const note = `${(await requestsSoFar(server)) - before} requests to use all of them again`
  await inPortions(keys, keys * 1.5, use)
  return [
    { ...all, note },
    await grown('half as many again asked for', `at most ${keys.toLocaleString('en')} held`),
  ]
}

/** Checks by a guard, with the facts about the customers whose keys they are. */
async function measureChecks(server: string, keys: number): Promise<readonly PhaseResult[]> {
  const source = await connect(server, keys * 2)
  const guard = createGuard({ source, now: () => 1_800_000_000, shape: 'message' })
  async function check(index: number): Promise<void> {
    const secret = secretOf(index)
    const header = (name: string) => (name === 'x-api-key' ? [secret] : [])
    const answer = await guard.check(
      { method: 'GET', path: '/', ip: '127.0.0.1', header },
      { doors: ['osir'] },
    )
    if (answer.outcome === 'refuse') throw new Error(answer.refusal.detail)
  }
  await inPortions(0, portion, check)
  const grown = await startGrowth()
  await inPortions(portion, keys, check)
  return [await grown('checked by a guard', 'with account, team and membership of 100,000 customers')]
}

async function measureSignatures(keys: number): Promise<readonly PhaseResult[]> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cache = new SignatureCache(keys)
  const grown = await startGrowth()
  for (let index = 0; index < keys; index += 1) cache.add(`header.${index}.signature`, publicKey)
  return [await grown('verified signatures', `${cache.size.toLocaleString('en')} held`)]
}

/** Measures one of them with that many keys. */
export function measurePhase(phase: Phase, server: string, keys: number): Promise<readonly PhaseResult[]> {
  switch (phase) {
    case 'facts':
      return measureFacts(server, keys)
    case 'checks':
      return measureChecks(server, keys)
    case 'signatures':
      return measureSignatures(keys)
  }
}
