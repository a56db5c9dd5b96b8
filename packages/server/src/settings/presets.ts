import type { DoorSettings } from './door.ts'
import { withFapi } from './fapi.ts'
import { withMcp } from './mcp.ts'

/** A door's settings with everything that one line of them stands for. */
export function withPresets<Door extends DoorSettings>(door: Door): Door {
  return withFapi(withMcp(door))
}
