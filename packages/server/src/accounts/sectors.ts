import { checkSectorDocument } from '@sallyport/protocol'
import type { FetchClientDocument } from './client-documents.ts'

const wanted = { accept: ['application/json'], maxBytes: 64 * 1024, timeoutMs: 5000 }

/**
 * Asks the document of a sector whether it owns all redirect addresses of a client, and says in words why not. Asked when a client
 * is registered or changed, never later.
 * @see OpenID Connect Registration §5
 */
export function createSectorCheck(fetchIt: FetchClientDocument) {
  return async (url: string, redirectUris: readonly string[]): Promise<string | undefined> => {
    const answer = await fetchIt({ url, ...wanted })
    // Why it can't be had says something about the network here, so only the log may know.
    return answer.outcome === 'ok'
      ? checkSectorDocument(answer.body, redirectUris)
      : 'can’t be read from here'
  }
}
