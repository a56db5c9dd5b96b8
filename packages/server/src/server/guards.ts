import { createGuard, type GuardOptions } from '@sallyport/guard'
import type { Logger } from 'pino'
import type { LocalFacts } from '../checks/facts.ts'
import type { Services } from '../doors/services.ts'
import { systemClock } from './clock.ts'
import type { ServerParts } from './create.ts'

/** Why a guard refused: what the caller is not told, whoever reads the log is. */
function logRefusal(log: Logger): NonNullable<GuardOptions['refused']> {
  return ({ reason, detail }, { method, path }) =>
    log.info({ reason, detail, method, path }, 'refused by a guard')
}

/** Makes the guards of this server: over its own facts, with one memory of used proofs. */
export function guardsOf(
  { settings: { baseUrl }, now = systemClock, clientCertificate }: ServerParts,
  source: LocalFacts,
  { replay, log }: Pick<Services, 'replay' | 'log'>,
): Services['guardFor'] {
  return ({ shape }, { base = baseUrl, ...choices } = {}) => {
    const { clientCertificate: certificate, ...options } = { clientCertificate, ...choices }
    return createGuard({
      source,
      now,
      shape,
      refused: logRefusal(log),
      dpop: { base, replay },
      ...(certificate && { clientCertificate: certificate }),
      ...options,
    })
  }
}
