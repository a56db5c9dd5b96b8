import {
  type ClientRules,
  clientRulesMetadata,
  parseDocumentId,
  parseJsonObject,
  readClientDocument,
} from '@sallyport/protocol'
import type { DocumentAnswer, DocumentRequest } from '../net/fetch-document.ts'
import type { Client, ClientWithSecrets, Registration } from '../store/contract/index.ts'
import type { RecordContext } from './context.ts'

/** The door of clients that are described by a document: their id is the same at every door that takes them. */
export const documentDoorId = 'client-documents'

/** What asks for a client that is described by a document. */
export interface DocumentAsking extends RecordContext {
  readonly url: string
  /** Called before anything is fetched; throws where this caller has caused enough. */
  mayFetch(): Promise<void>
}

/** A client as its document describes it, and whether that is known to hold now. */
export type DescribedClient =
  | { readonly outcome: 'fresh' | 'stale'; readonly client: ClientWithSecrets }
  | { readonly outcome: 'refuse'; readonly reason: string }

/** Clients that are described by a document at the address which is their id. */
export interface ClientDocuments {
  find(asking: DocumentAsking): Promise<DescribedClient>
}

/** How a document is fetched. */
export type FetchClientDocument = (
  wanted: Pick<DocumentRequest, 'url' | 'accept' | 'maxBytes' | 'timeoutMs'>,
) => Promise<DocumentAnswer>

interface Kept {
  readonly freshUntil: number
  readonly askedAt: number
  readonly problem: string | undefined
}

/** How long a document is kept that does not say, and the least and the most whatever it says. */
const usual = 3600
const least = 60
const most = 24 * 3600
/** Seconds before a document that could not be had is asked for again. */
const pause = 30
const remembered = 1000
const wanted = { accept: ['application/json'], maxBytes: 16 * 1024, timeoutMs: 5000 }

type Described = Pick<Client, 'name' | 'type' | 'redirectUris' | 'grantTypes' | 'scope'> &
  ClientRules &
  Required<Pick<Client, 'authentication'>> &
  Pick<Client, 'logout'>

function readBody(body: string, { url }: DocumentAsking) {
  const parsed = parseJsonObject(body)
  if (parsed.outcome === 'refuse') return parsed.description
  const decision = readClientDocument(url, parsed.value)
  if (decision.outcome === 'refuse') return decision.description
  const { name = '', redirectUris, grantTypes, authentication, about, rules, logout } = decision.metadata
  const type = authentication.method === 'none' ? 'public' : 'confidential'
  // Which scopes it may ask for is the door's to say, each time.
  const base = { name, type, redirectUris, grantTypes, scope: [], authentication, ...rules } as const
  const client: Described = logout ? { ...base, logout } : base
  return { client, about }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

function isAsDescribed(
  client: Client,
  registration: Registration,
  now: { client: Described; about: object },
) {
  const { name, type, redirectUris, grantTypes, scope, authentication, logout } = client
  const before = { name, type, redirectUris, grantTypes, scope, authentication, ...(logout && { logout }) }
  if (!same(clientRulesMetadata(client), clientRulesMetadata(now.client))) return false
  const { requirePushed: _pushed, requireSigned: _signed, choices: _choices, ...described } = now.client
  return same(before, described) && same(registration.about, now.about)
}

/** Records what a document says now; the client is there afterwards. */
async function record(
  described: { readonly client: Described; readonly about: Registration['about'] },
  { url: clientId, store, now, event }: DocumentAsking,
): Promise<void> {
  const [client, registration] = await Promise.all([
    store.clients.find(clientId, now),
    store.registrations.find(clientId),
  ])
  const about = { clientId, targetId: clientId, detail: described.client.name }
  if (client && registration) {
    if (!isAsDescribed(client, registration, described))
      await store.registrations.replace(clientId, described, event('client.updated', about), now)
    return
  }
  const made = {
    client: {
      ...described.client,
      clientId,
      doorId: documentDoorId,
      teamId: undefined,
      resources: undefined,
    },
    secret: undefined,
    registration: {
      about: described.about,
      tokenHash: undefined,
      fingerprint: undefined,
      initialTokenId: undefined,
    },
  }
  // Not first: then somebody else has just recorded the same document.
  await store.registrations.create(made, event('client.registered', about), now)
}

/**
 * Clients by their documents: fetched as `fetchDocument` does, kept as long as HTTP allows within bounds, by all requests together,
 * and recorded, so that consents and token families have a client to hang from.
 * @see draft-ietf-oauth-client-id-metadata-document-02 §5, §5.2, §8.6
 */
export function createClientDocuments(fetchIt: FetchClientDocument): ClientDocuments {
  const documents = new Map<string, Kept>()
  const underWay = new Map<string, Promise<Kept>>()

  function keep(url: string, kept: Kept): Kept {
    documents.delete(url)
    documents.set(url, kept)
    const oldest = documents.size > remembered ? documents.keys().next().value : undefined
    if (oldest !== undefined) documents.delete(oldest)
    return kept
  }

  async function fetch(asking: DocumentAsking): Promise<Kept> {
    const { url, now } = asking
    const answer = await fetchIt({ url, ...wanted })
    const read = answer.outcome === 'ok' ? readBody(answer.body, asking) : answer.reason
    if (answer.outcome !== 'ok' || typeof read === 'string') {
      const problem = typeof read === 'string' ? read : 'unreadable'
      return keep(url, { freshUntil: 0, askedAt: now, problem })
    }
    await record(read, asking)
    const lifetime = Math.min(most, Math.max(least, answer.lifetime ?? usual))
    return keep(url, { freshUntil: now + lifetime, askedAt: now, problem: undefined })
  }

  async function refresh(asking: DocumentAsking): Promise<Kept> {
    const { url } = asking
    const asked = underWay.get(url)
    if (asked) return asked
    await asking.mayFetch()
    const started = underWay.get(url) ?? fetch(asking).finally(() => underWay.delete(url))
    underWay.set(url, started)
    return started
  }

  return {
    async find(asking) {
      const { url, store, now } = asking
      const wrong = parseDocumentId(url)
      if (typeof wrong === 'string') return { outcome: 'refuse', reason: wrong }
      const known = documents.get(url)
      const isThere = async () => store.clients.find(url, now)
      const before = known && known.freshUntil > now ? await isThere() : undefined
      if (before) return { outcome: 'fresh', client: before }
      const mayAsk = known?.problem === undefined || known.askedAt + pause <= now
      const kept = mayAsk ? await refresh(asking) : known
      const client = await isThere()
      if (kept.freshUntil > now && client) return { outcome: 'fresh', client }
      return client ? { outcome: 'stale', client } : { outcome: 'refuse', reason: kept.problem ?? 'unknown' }
    },
  }
}
