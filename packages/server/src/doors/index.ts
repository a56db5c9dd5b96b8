import type { GrantEndpoint } from '../settings/apps-door.ts'
import type { DoorSettings } from '../settings/door.ts'
import { adminDoor } from './admin/index.ts'
import { hasGrantAt } from './apps/deferred.ts'
import { appsDoor } from './apps/index.ts'
import { demoDoor } from './demo/index.ts'
import { deviceDoor } from './device/index.ts'
import { requestsDoor } from './device/requests.ts'
import type { Door } from './door.ts'
import { guardDoor } from './guard/index.ts'
import { keysDoor } from './keys/index.ts'
import { peopleDoor } from './people/index.ts'
import { portalDoor } from './portal/index.ts'
import type { Services } from './services.ts'
import { systemDoor } from './system/index.ts'
import { vendorsDoor } from './vendors/index.ts'
import { widgetsDoor } from './widgets/index.ts'

function mount(settings: DoorSettings, services: Services): Door {
  switch (settings.kind) {
    case 'people':
      return peopleDoor(settings, services)
    case 'widgets':
      return widgetsDoor(settings, services)
    case 'apps':
      return appsDoor(settings, services)
    case 'vendors':
      return vendorsDoor(settings, services)
    case 'keys':
      return keysDoor(settings, services)
  }
}

const takes = ({ doors }: Services, endpoint: GrantEndpoint) =>
  doors.some((door) => door.kind === 'apps' && hasGrantAt(door, endpoint))

/** Every door of a server: those of the configuration, and those that each server has. */
export function mountDoors(services: Services): readonly Door[] {
  return [
    ...services.doors.map((settings) => mount(settings, services)),
    portalDoor(services),
    adminDoor(services),
    guardDoor(services),
    systemDoor(services),
    ...(takes(services, 'deviceAuthorization') ? [deviceDoor(services)] : []),
    ...(takes(services, 'backchannelAuthentication') ? [requestsDoor(services)] : []),
    ...(services.demo ? [demoDoor(services)] : []),
  ]
}
