import type { Client } from '../../store/contract/index.ts'

/** What a client knows a person by: the `sub` of its ID and logout tokens. @see OpenID Connect Core §8 */
export function subjectFor(accountId: string, _client: Pick<Client, 'clientId'>): string {
  return accountId
}
