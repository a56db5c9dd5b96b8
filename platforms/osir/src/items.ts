import type { Principal } from '@sallyport/protocol'
import type { Tables } from 'sallyport'

/** What a customer has. */
export const resources = ['domains', 'vps', 'email', 'billing']

/** What the caller's team has of a resource, in the caller's world: live and test never meet. */
export function listItems(
  tables: Tables,
  { team, environment }: Pick<Principal, 'team' | 'environment'>,
  resource: string,
): ReturnType<Tables['query']> {
  return tables.query(
    'SELECT item_id AS id, name FROM osir_item WHERE team_id = $1 AND environment = $2 AND resource = $3 ORDER BY item_id',
    [team?.id ?? '', environment, resource],
  )
}
