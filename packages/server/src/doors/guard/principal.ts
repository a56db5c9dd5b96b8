import type { Actor, Principal } from '@sallyport/protocol'
import * as v from 'valibot'
import { seconds, text } from './read.ts'

const named = (description: string) => v.pipe(v.object({ id: text, slug: text }), v.description(description))

const actor = v.object({ id: text, client_id: v.exactOptional(text) })

const actorBody = ({ id, clientId }: Actor): v.InferOutput<typeof actor> => ({
  id,
  ...(clientId !== undefined && { client_id: clientId }),
})

/** Who is calling, as it is told in any language. */
export const principalSchema = v.pipe(
  v.object({
    kind: v.picklist(['person', 'app', 'machine', 'vendor', 'api-key', 'session-token', 'widget']),
    id: v.pipe(text, v.description('Of the account, client, key, session token or widget session.')),
    door: text,
    account_id: v.exactOptional(text),
    client_id: v.exactOptional(text),
    team: v.exactOptional(named('The customer.')),
    plan: v.exactOptional(text),
    role: v.exactOptional(text),
    admin: v.boolean(),
    scopes: v.array(text),
    environment: v.picklist(['live', 'test']),
    origin: v.exactOptional(text),
    widget: v.exactOptional(named('For a widget’s token.')),
    resources: v.exactOptional(
      v.pipe(v.array(text), v.description('The only objects a machine may touch; absent: no such limit.')),
    ),
    authorization_details: v.exactOptional(
      v.pipe(
        v.array(v.looseObject({ type: text })),
        v.description('All that it may be used for, in detail (RFC 9396); absent: no such limit.'),
      ),
    ),
    expires_at: v.exactOptional(seconds),
    authentication: v.exactOptional(
      v.pipe(
        v.object({ at: seconds, acr: v.exactOptional(text) }),
        v.description('The sign-in behind it; absent where nobody signed in for it.'),
      ),
    ),
    actor: v.exactOptional(
      v.pipe(
        v.object({ ...actor.entries, earlier: v.exactOptional(v.array(actor)) }),
        v.description('Who acts for the subject, where a token was handed on; `earlier` is for the log.'),
      ),
    ),
    credential_id: v.pipe(text, v.description('What a revocation names.')),
  }),
  v.description('Who is calling. A member that does not apply is absent.'),
)

/** A principal on the wire: the check's answer and the claim of an internal token are the same object. */
export function principalBody(principal: Principal): v.InferOutput<typeof principalSchema> {
  const { kind, id, door, accountId, clientId, team, plan, role, admin, scopes } = principal
  const { environment, origin, widget, resources, authorizationDetails, expiresAt, credentialId } = principal
  const { actor: acting, authentication } = principal
  return {
    kind,
    id,
    door,
    ...(accountId !== undefined && { account_id: accountId }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(team && { team }),
    ...(plan !== undefined && { plan }),
    ...(role !== undefined && { role }),
    admin,
    scopes: [...scopes],
    environment,
    ...(origin !== undefined && { origin }),
    ...(widget && { widget }),
    ...(resources && { resources: [...resources] }),
    ...(authorizationDetails && { authorization_details: authorizationDetails.map((one) => ({ ...one })) }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(authentication && { authentication: { ...authentication } }),
    ...(acting && {
      actor: {
        ...actorBody(acting),
        ...(acting.earlier && { earlier: acting.earlier.map(actorBody) }),
      },
    }),
    credential_id: credentialId,
  }
}
