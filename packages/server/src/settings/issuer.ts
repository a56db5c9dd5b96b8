import type { DoorSettings } from './door.ts'

/** The issuer identifier of a door: an address under the server's own. @see RFC 8414 §2 */
export function issuerOf(door: DoorSettings, baseUrl: string): string {
  switch (door.kind) {
    case 'apps':
      return baseUrl + door.issuerPath
    case 'keys':
      return baseUrl + door.managePath
    case 'people':
    case 'widgets':
    case 'vendors':
      return baseUrl + door.path
  }
}
