import { type ClientAuthentication, type Jwk, parsePublishedJwks } from '@sallyport/protocol'
import type { DocumentAnswer, DocumentRequest } from '../net/fetch-document.ts'

/** The public keys of clients. */
export interface ClientKeys {
  /** All keys of a client, asked for again where none `isWanted`; in words where they can't be had. */
  keysOf(
    client: Pick<ClientAuthentication, 'jwks' | 'jwksUri'>,
    isWanted: (key: Jwk) => boolean,
    now: number,
  ): Promise<readonly Jwk[] | string>
}

/** How a client's key set is fetched. */
export type FetchKeys = (
  wanted: Pick<DocumentRequest, 'url' | 'accept' | 'maxBytes' | 'timeoutMs'>,
) => Promise<DocumentAnswer>

interface Kept {
  readonly keys: readonly Jwk[]
  readonly freshUntil: number
  /** When it was last asked for, whatever came of it. */
  readonly askedAt: number
  readonly problem: string | undefined
}

/** How long a set is kept that does not say, and the least and the most whatever it says: a key that was taken out must end. */
const usual = 600
const least = 60
const most = 3600
/** Seconds between two requests for one set, however many kids are made up and however often it fails. */
const pause = 30
/** Sets that are remembered; the one that was used longest ago goes first. */
const remembered = 1000

const accept = ['application/json', 'application/jwk-set+json']

/**
 * Keys as registered, or fetched from where the client publishes them: kept as long as HTTP allows within bounds, asked for again
 * when the wanted one is unknown but never more than once in half a minute, by all requests together.
 * @see RFC 7591 §2 (`jwks`, `jwks_uri`), OpenID Connect Core §10.1.1
 */
export function createClientKeys(fetchKeys: FetchKeys): ClientKeys {
  const sets = new Map<string, Kept>()
  const underWay = new Map<string, Promise<Kept>>()

  function keep(url: string, kept: Kept): Kept {
    sets.delete(url)
    sets.set(url, kept)
    const oldest = sets.size > remembered ? sets.keys().next().value : undefined
    if (oldest !== undefined) sets.delete(oldest)
    return kept
  }

  async function fetch(url: string, known: Kept | undefined, now: number): Promise<Kept> {
    const answer = await fetchKeys({ url, accept, maxBytes: 64 * 1024, timeoutMs: 5000 })
    const keys = answer.outcome === 'ok' ? parsePublishedJwks(answer.body) : undefined
    if (answer.outcome === 'ok' && keys) {
      const lifetime = Math.min(most, Math.max(least, answer.lifetime ?? usual))
      return keep(url, { keys, freshUntil: now + lifetime, askedAt: now, problem: undefined })
    }
    const problem = answer.outcome === 'refuse' ? answer.reason : 'not a set of keys'
    return keep(url, { keys: known?.keys ?? [], freshUntil: known?.freshUntil ?? 0, askedAt: now, problem })
  }

  function refresh(url: string, known: Kept | undefined, now: number): Promise<Kept> {
    const asking = underWay.get(url)
    if (asking) return asking
    const started = fetch(url, known, now).finally(() => underWay.delete(url))
    underWay.set(url, started)
    return started
  }

  return {
    async keysOf({ jwks, jwksUri }, isWanted, now) {
      if (jwks) return jwks
      if (jwksUri === undefined) return 'no keys are registered'
      const known = sets.get(jwksUri)
      const isFresh = known !== undefined && known.freshUntil > now
      if (isFresh && known.keys.some(isWanted)) return keep(jwksUri, known).keys
      const mayAsk = known === undefined || known.askedAt + pause <= now
      const kept = mayAsk ? await refresh(jwksUri, known, now) : known
      // What is not fresh is not used: a key that was taken out of a set must not live on because the set can't be had.
      if (kept.freshUntil > now) return kept.keys
      return `jwks_uri: ${kept.problem ?? 'not fresh'}`
    },
  }
}
