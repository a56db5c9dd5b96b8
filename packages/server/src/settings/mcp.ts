import type { DoorSettings } from './door.ts'

/** A door's settings with what its `mcp` stands for. */
export function withMcp<Door extends DoorSettings>(door: Door): Door {
  if (door.kind !== 'apps' || door.mcp !== true) return door
  return { registration: 'open', clientDocuments: {}, ...door }
}
