import { ipBucket, isDocumentId } from '@sallyport/protocol'
import { usualMethods } from '../../grants/auth-methods.ts'
import type { ClientWithSecrets } from '../../store/contract/index.ts'
import type { Request } from '../door.ts'
import { spendOrRefuse } from '../limits.ts'
import { auditEvent } from '../services.ts'
import { unmetAt } from './client-rules.ts'
import type { AppsContext } from './context.ts'

/** Documents that one address may make the server fetch. */
const fetches = { limit: 60, window: 300 }

/** Whether a door takes clients from the host and port of their document: on another port may be somebody else. */
function isTrusted(clientId: string, { door }: AppsContext): boolean {
  const { clientDocuments } = door
  if (!clientDocuments || !isDocumentId(clientId) || !URL.canParse(clientId)) return false
  return clientDocuments.hosts?.includes(new URL(clientId).host) ?? true
}

/** What a client is looked up for: to ask a person, to begin that by pushing a request, or to prove itself later. */
export type ClientUse = 'authorize' | 'push' | 'prove'

/**
 * The client of an id at a door: registered here, or described by the document that the id is the address of.
 *
 * What a document says must hold now where somebody is about to be asked. Where a grant was made already, a public client outlives
 * that its document can't be had for a while, which says nothing about its users; one that proves itself by the document's keys
 * does not, since a key may just have been taken out.
 */
export async function findClient(
  clientId: string,
  use: ClientUse,
  request: Request,
  apps: AppsContext,
): Promise<ClientWithSecrets | undefined> {
  const { door, services } = apps
  const now = services.now()
  if (!isDocumentId(clientId)) return services.store.clients.find(clientId, now)
  if (!isTrusted(clientId, apps)) return undefined
  // Nobody is granted anything without having asked for it: no fetch for a stranger who does not begin.
  if (use === 'prove' && !(await services.store.clients.find(clientId, now))) return undefined
  const found = await services.clientDocuments.find({
    url: clientId,
    store: services.store,
    now,
    event: auditEvent(request, door.id),
    mayFetch: () => spendOrRefuse(services.limiter, `documents:${ipBucket(request.ip)}`, fetches, now),
  })
  if (found.outcome === 'refuse') {
    services.log.info({ clientId: clientId.slice(0, 200), reason: found.reason }, 'client document refused')
    return undefined
  }
  const { client } = found
  if (found.outcome === 'stale' && (use !== 'prove' || client.type !== 'public')) return undefined
  const { method, boundTokens = false } = client.authentication ?? {}
  if (method === undefined || !(door.clientAuth ?? usualMethods).includes(method)) return undefined
  // A promise of the document that this door could not keep: tokens that a thief can use after all.
  if (boundTokens && !door.certificateBoundTokens) return undefined
  const unmet = unmetAt({ rules: client, redirectUris: client.redirectUris }, door, services)
  if (unmet !== undefined) {
    services.log.info({ clientId: clientId.slice(0, 200), reason: unmet }, 'client document refused')
    return undefined
  }
  const grantTypes = client.grantTypes.filter((one) => door.grantTypes.includes(one))
  return { ...client, doorId: door.id, grantTypes, scope: Object.keys(door.scopes).sort() }
}
