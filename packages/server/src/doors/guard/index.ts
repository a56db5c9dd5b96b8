import type { ProtocolError } from '@sallyport/protocol'
import type { Door, Reply } from '../door.ts'
import { refuseOauth } from '../refuse.ts'
import type { Services } from '../services.ts'
import { checkEndpoint, checksEndpoint, openCheckDesk } from './check.ts'
import { guardDoorId, guardPath } from './context.ts'
import { factsEndpoint, metadataEndpoint, usesEndpoint } from './facts.ts'
import { feedEndpoint } from './feed.ts'
import { envoyEndpoint, forwardAuthEndpoint } from './forward-auth.ts'
import { type DescribedEndpoint, describeDoor, openApiEndpoint } from './openapi.ts'
import * as operations from './operations.ts'
import { spendEndpoint } from './spend.ts'

/** What is wrong member by member, for a program: the description says it to people. */
function withFields(reply: Reply, { fields }: ProtocolError): Reply {
  return fields && typeof reply.body === 'object' ? { ...reply, body: { ...reply.body, fields } } : reply
}

/**
 * For APIs elsewhere: the decision itself, for any language and for proxies; and for guards in other processes the facts and
 * the feed of what changed.
 */
export function guardDoor(services: Services): Door {
  const desk = openCheckDesk(services)
  const endpoints: readonly DescribedEndpoint[] = [
    { endpoint: checkEndpoint(desk), operation: operations.checkOperation },
    { endpoint: checksEndpoint(desk), operation: operations.checksOperation },
    { endpoint: metadataEndpoint(services), operation: operations.metadataOperation },
    { endpoint: factsEndpoint(services), operation: operations.factsOperation },
    { endpoint: usesEndpoint(services), operation: operations.usesOperation },
    { endpoint: spendEndpoint(services), operation: operations.spendOperation },
    { endpoint: feedEndpoint(services), operation: operations.feedOperation },
    { endpoint: forwardAuthEndpoint(services), operation: operations.forwardAuthOperation },
    { endpoint: envoyEndpoint(services), operation: operations.envoyOperation },
    {
      endpoint: openApiEndpoint(() => describeDoor(endpoints, services.baseUrl)),
      operation: operations.openApiOperation,
    },
  ]
  return {
    id: guardDoorId,
    prefixes: [guardPath],
    endpoints: endpoints.map(({ endpoint }) => endpoint),
    refuse: (error) => withFields(refuseOauth(error), error),
  }
}
