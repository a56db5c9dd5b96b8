import {
  type ClientRules,
  clientRuleMembers,
  clientRulesMetadata,
  ProtocolError,
  readClientRules,
} from '@sallyport/protocol'
import type { DoorSettings } from '../../settings/door.ts'
import type { Client } from '../../store/contract/index.ts'
import { foreignSector, unmetAt } from '../apps/client-rules.ts'
import type { Services } from '../services.ts'
import type { Body } from './read.ts'

/** What a registration says of its client alone: all of it can be kept, and the sector that it names is its own. @see OpenID Connect Registration §2, §5 */
export async function readRules(
  body: Body,
  redirectUris: readonly string[],
  { door, services }: { readonly door: DoorSettings; readonly services: Services },
): Promise<ClientRules> {
  const read = readClientRules(body)
  if (read.outcome === 'refuse') throw new ProtocolError('invalid_request', `${read.member} ${read.reason}`)
  const ruled = { rules: read.rules, redirectUris }
  const wrong = unmetAt(ruled, door, services) ?? (await foreignSector(ruled, services))
  if (wrong !== undefined) throw new ProtocolError('invalid_request', wrong)
  return read.rules
}

/**
 * The change that a PATCH makes of what is registered: what it names is replaced, what it sets to null is taken away. New redirect
 * addresses are held to the rules that are there.
 */
export async function changedRules(
  body: Body,
  { client, redirectUris }: { readonly client: Client; readonly redirectUris: readonly string[] | undefined },
  where: { readonly door: DoorSettings; readonly services: Services },
): Promise<ClientRules> {
  const named = clientRuleMembers.some((name) => body[name] !== undefined)
  if (!named && !redirectUris) return {}
  const members = Object.entries({ ...clientRulesMetadata(client), ...body }).filter(
    ([, value]) => value !== null,
  )
  const rules = await readRules(Object.fromEntries(members), redirectUris ?? client.redirectUris, where)
  const { requirePushed = false, requireSigned = false, choices = {} } = rules
  return named ? { requirePushed, requireSigned, choices } : {}
}
