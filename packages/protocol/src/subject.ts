import { isDocumentId } from './document-url.ts'

/** Whether all clients know a person by one name, or each sector by another. @see OpenID Connect Core §8 */
export type SubjectType = 'public' | 'pairwise'

/** Both of them, as they are registered. */
export const subjectTypes: readonly SubjectType[] = ['public', 'pairwise']

/** What says which sector a client is of. */
export interface SectorFacts {
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly sectorIdentifierUri: string | undefined
}

/** A host that is somebody's: a loopback address is everybody's own computer, and a private scheme has none. */
function hostOf(redirectUri: string): string | undefined {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  return url?.protocol === 'https:' && url.hostname !== '' ? url.hostname : undefined
}

/** Whether a client has to say which sector it is of, since its redirect addresses name several. @see OpenID Connect Core §8.1 */
export function needsSectorIdentifier(redirectUris: readonly string[]): boolean {
  return new Set(redirectUris.map((uri) => hostOf(uri) ?? '')).size > 1
}

/**
 * The sector of a client: the host that it names, or the only one of its redirect addresses. A client without any is a sector by
 * itself: all programs on people's own computers would else share one, and could compare whom they know. So is one that a document
 * describes: its addresses can be others tomorrow, while the tokens of today still refresh.
 * @see OpenID Connect Core §8.1
 */
export function sectorOf({ clientId, redirectUris, sectorIdentifierUri }: SectorFacts): string {
  if (isDocumentId(clientId)) return clientId
  if (sectorIdentifierUri !== undefined) return new URL(sectorIdentifierUri).hostname
  const [first = ''] = redirectUris
  return needsSectorIdentifier(redirectUris) ? clientId : (hostOf(first) ?? clientId)
}

/** Why the document at a `sector_identifier_uri` does not speak for a client; `undefined` when it does. @see OpenID Connect Registration §5 */
export function checkSectorDocument(body: string, redirectUris: readonly string[]): string | undefined {
  let listed: unknown
  try {
    listed = JSON.parse(body)
  } catch {
    // Somebody else's document: that it is no JSON is an answer.
    return 'is no JSON'
  }
  if (!Array.isArray(listed) || !listed.every((one) => typeof one === 'string'))
    return 'is no list of addresses'
  const missing = redirectUris.find((uri) => !listed.includes(uri))
  return missing === undefined ? undefined : `does not list ${missing.slice(0, 200)}`
}
