import type { ProtocolError } from '@sallyport/protocol'
import type { Door, Reply } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { checkEndpoints } from './check.ts'
import { guardDoorId, guardPath } from './context.ts'
import { factsEndpoint, metadataEndpoint, usesEndpoint } from './facts.ts'
import { feedEndpoint } from './feed.ts'
import { forwardAuthEndpoint } from './forward-auth.ts'
import { spendEndpoint } from './spend.ts'

/** What is wrong member by member, for a program: the description says it to people. */
function withFields(reply: Reply, { fields }: ProtocolError): Reply {
  return fields && typeof reply.body === 'object' ? { ...reply, body: { ...reply.body, fields } } : reply
}

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
    endpoints: [...endpoints.map((endpoint) => endpoint(services)), ...checkEndpoints(services)],
    refuse: (error) => withFields(refuseOauth(error), error),
  }
}
