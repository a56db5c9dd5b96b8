import { planAllows } from './plan.ts'
import type { Environment, Principal, PrincipalKind } from './principal.ts'
import type { Refusal } from './refusal.ts'
import { missingScopes, type Scope } from './scope.ts'

/** What a guarded endpoint asks of its caller. */
export interface Rule {
  readonly doors: readonly string[]
  readonly scopes?: Scope
  readonly plan?: string
  /** All plans, low to high; without it only `plan` itself passes. */
  readonly plans?: readonly string[]
  readonly kinds?: readonly PrincipalKind[]
  readonly environment?: Environment
  readonly admin?: true
}

/** Whether a principal may pass. */
export type Permit = { readonly outcome: 'allow' } | { readonly outcome: 'refuse'; readonly refusal: Refusal }

function refuse(refusal: Refusal): Permit {
  return { outcome: 'refuse', refusal }
}

/**
 * Decides whether `principal` satisfies every part of `rule`.
 *
 * The door comes first: a credential of another door must learn nothing but that it is not valid here.
 *
 * @see RFC 6750 §3.1
 */
export function permit(principal: Principal, rule: Rule): Permit {
  if (!rule.doors.includes(principal.door)) {
    return refuse({ reason: 'wrong-door', detail: `credential of door ${principal.door}` })
  }
  if (rule.kinds && !rule.kinds.includes(principal.kind)) {
    return refuse({ reason: 'kind', detail: `a ${principal.kind} credential may not be used here` })
  }
  if (rule.admin && !principal.admin) return refuse({ reason: 'admin', detail: 'not an administrator' })
  if (rule.environment && rule.environment !== principal.environment) {
    return refuse({
      reason: 'environment',
      detail: `a ${principal.environment} credential on a ${rule.environment} endpoint`,
    })
  }
  const missing = missingScopes(principal.scopes, rule.scopes ?? [])
  if (missing.length > 0)
    return refuse({ reason: 'scope', detail: `missing ${missing.join(' ')}`, scopes: missing })
  if (rule.plan !== undefined && !planAllows(rule.plans ?? [rule.plan], principal.plan, rule.plan)) {
    return refuse({
      reason: 'plan',
      detail: `plan ${principal.plan ?? 'none'}, needs ${rule.plan}`,
      requiredPlan: rule.plan,
      ...(principal.plan === undefined ? {} : { currentPlan: principal.plan }),
    })
  }
  return { outcome: 'allow' }
}
