import type { Door } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { guardDoorId, guardPath } from './context.ts'
import { factsEndpoint, metadataEndpoint, usesEndpoint } from './facts.ts'
import { feedEndpoint } from './feed.ts'
import { forwardAuthEndpoint } from './forward-auth.ts'
import { spendEndpoint } from './spend.ts'

/** For guards in other processes: facts, and the feed of what changed; and for proxies, the decision itself. */
export function guardDoor(services: Services): Door {
  const endpoints = [
    metadataEndpoint,
    factsEndpoint,
    usesEndpoint,
    spendEndpoint,
    feedEndpoint,
    forwardAuthEndpoint,
  ]
  return {
    id: guardDoorId,
    prefixes: [guardPath],
    endpoints: endpoints.map((endpoint) => endpoint(services)),
    refuse: refuseOauth,
  }
}
