import { type ActorClaim, sectorOf, type SubjectType } from '@sallyport/protocol'
import type { Sealer } from '../crypto/seal.ts'
import type { Account, Client, Store } from '../store/contract/index.ts'

/** What making a subject rests on. */
export interface SubjectContext {
  readonly sealer: Sealer
  readonly door: {
    /** The kinds of subject that a door has, the usual one first; left out: `public` alone. */
    readonly subjectTypes?: readonly SubjectType[] | undefined
  }
}

/** What of a client says how it is to know people. */
export type SubjectClient = Pick<Client, 'clientId' | 'redirectUris' | 'choices'>

/** Whether a client may not learn the ids of accounts. @see OpenID Connect Core §8 */
export function isPairwise(
  { choices }: Pick<Client, 'choices'>,
  { door }: Pick<SubjectContext, 'door'>,
): boolean {
  return (choices?.subjectType ?? door.subjectTypes?.[0] ?? 'public') === 'pairwise'
}

/**
 * An account as a sector knows it: a keyed hash, so that nobody without the server's secret can find the account, nor tell that two
 * sectors know the same person.
 * @see OpenID Connect Core §8.1
 */
export function pairwiseSubject(
  sector: string,
  accountId: string,
  { sealer }: Pick<SubjectContext, 'sealer'>,
): string {
  return sealer.seal('pairwise-subject', [sector, accountId])
}

function sectorOfClient({ clientId, redirectUris, choices }: SubjectClient): string {
  return sectorOf({ clientId, redirectUris, sectorIdentifierUri: choices?.sectorIdentifierUri })
}

/**
 * The `sub` by which a client knows an account. Everything that tells a client who somebody is asks here.
 * @see OpenID Connect Core §2, §5.3.2, §8, RFC 7662 §2.2
 */
export function subjectFor(client: SubjectClient, accountId: string, context: SubjectContext): string {
  return isPairwise(client, context) ? pairwiseSubject(sectorOfClient(client), accountId, context) : accountId
}

/**
 * Whether a client that says something else of itself from now on would know people as another sector does. That answers go to a host
 * is what proves its sector, and these tokens came of answers that went elsewhere. The same for one that did not know people by sector
 * until now: it could go over in two steps.
 * @see OpenID Connect Core §8.1, §17.3
 */
export function takesSector(before: SubjectClient, after: SubjectClient, context: SubjectContext): boolean {
  if (!isPairwise(after, context)) return false
  return !isPairwise(before, context) || sectorOfClient(before) !== sectorOfClient(after)
}

/**
 * The account of an ID token that this client got. A pairwise subject leads back to nobody; such a token names its family, which
 * only the server can follow.
 */
export async function accountOf(
  { sub, fam }: Readonly<Record<string, unknown>>,
  client: SubjectClient,
  context: SubjectContext & { readonly store: Store },
): Promise<Account | undefined> {
  if (typeof sub !== 'string') return undefined
  const { store } = context
  if (!isPairwise(client, context)) return store.accounts.find(sub)
  const family = typeof fam === 'string' ? await store.families.find(fam) : undefined
  const accountId = family?.clientId === client.clientId ? family.accountId : undefined
  return accountId === undefined ? undefined : store.accounts.find(accountId)
}

/**
 * The one of those who hold a token, or held it before, for whom its person has to be told: the first that may not learn the id of
 * the account. Else whoever a token was handed on to could tell it to them.
 */
export async function mostPrivate(
  holder: SubjectClient,
  others: readonly (string | undefined)[],
  { store, now, ...context }: SubjectContext & { readonly store: Store; readonly now: number },
): Promise<SubjectClient> {
  if (isPairwise(holder, context)) return holder
  const ids = new Set(others.filter((id) => id !== undefined && id !== holder.clientId))
  for (const id of ids) {
    const client = id === undefined ? undefined : await store.clients.find(id, now)
    if (client && isPairwise(client, context)) return client
  }
  return holder
}

/** Who acts, as a client may know it: people by its name for them, clients by their ids. @see RFC 8693 §4.1 */
export function actorFor(
  client: SubjectClient,
  { sub, client_id: clientId, act }: ActorClaim,
  context: SubjectContext,
): ActorClaim {
  return {
    sub: sub === clientId ? sub : subjectFor(client, sub, context),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(act && { act: actorFor(client, act, context) }),
  }
}
