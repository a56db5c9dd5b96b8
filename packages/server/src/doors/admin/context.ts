import type { Guard } from '@sallyport/guard'
import type { AuditEvent } from '../../store/contract/index.ts'
import type { Handler, Reply, Request } from '../door.ts'
import { readJson } from '../read-body.ts'
import { auditEvent, type Services } from '../services.ts'
import type { Body } from './read.ts'

/** The id under which an administrator's doings are recorded. */
export const adminId = 'admin'
/** The path of the management API. */
export const adminPath = '/admin'

/** What the management endpoints share. */
export interface AdminContext {
  readonly services: Services
  readonly guard: Guard
  /** The people doors whose sign-ins administrate. */
  readonly people: readonly string[]
}

/** One management request of a proven administrator. */
export interface AdminCall {
  readonly request: Request
  /** Empty for a request without a body. */
  readonly body: Body
  readonly now: number
  event(type: string, more?: Partial<AuditEvent>): AuditEvent
  param(name: string): string
}

/** Headers of every answer. */
export const noStore = { 'cache-control': 'no-store' }

/** Runs `act` for an administrator; everybody else is refused. */
export function forAdmin(
  { services, guard, people }: AdminContext,
  act: (call: AdminCall) => Promise<Reply>,
): Handler {
  return async (request) => {
    const check = await guard.check(request, { doors: people, kinds: ['person'], admin: true })
    if (check.outcome === 'refuse') return check
    const by = auditEvent(request, adminId)
    return act({
      request,
      body: request.body === '' ? {} : readJson(request),
      now: services.now(),
      event: (type, more) => by(type, { detail: `by ${check.principal.id}`, ...more }),
      param: (name) => request.params[name] ?? '',
    })
  }
}
