import type { AppsDoor } from './apps-door.ts'
import { issuerOf } from './issuer.ts'

const absolute = (identifier: string, baseUrl: string) =>
  identifier.startsWith('/') ? baseUrl + identifier : identifier

/** The resources that clients of a door may name, with what people are told of them. @see RFC 8707 §2 */
export function resourceNames(
  { resources = {} }: Pick<AppsDoor, 'resources'>,
  baseUrl: string,
): ReadonlyMap<string, string> {
  return new Map(Object.entries(resources).map(([one, name]) => [absolute(one, baseUrl), name]))
}

/** The identifiers that are known at a door; none where it has no resources, and else the issuer's own too. */
export function knownResources(door: AppsDoor, baseUrl: string): readonly string[] {
  const known = [...resourceNames(door, baseUrl).keys()]
  return known.length === 0 ? known : [...known, issuerOf(door, baseUrl)]
}
