import type { GuardRequest } from './request.ts'

const records = new WeakMap<object, GuardRequest>()

/**
 * The guard's record of a request of some framework: the same one whenever the same request is checked again, so that a second
 * rule on its way to the handler finds its proof taken by itself and not by somebody else.
 */
export function sameRequest(native: object, made: GuardRequest): GuardRequest {
  const known = records.get(native)
  if (known && known.method === made.method && known.path === made.path && known.ip === made.ip) return known
  records.set(native, made)
  return made
}
