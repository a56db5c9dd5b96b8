import { ipBucket, parseEmail } from '@sallyport/protocol'
import type { Window } from '../settings/door.ts'
import type { Request } from './door.ts'
import { spendOrRefuse } from './limits.ts'
import type { Services } from './services.ts'

/** How many times the tries for one account an address has for all accounts together. */
const accountsByAddress = 20

/**
 * Counts a try to sign in, before any password is hashed. By account and address together, so that guessing stops and
 * nobody can lock somebody else out; and by address alone, so that one password is not tried on every account. Returns
 * what gives the try back when it turned out well.
 */
export async function countSignIn(
  email: string,
  attempts: Window,
  request: Request,
  { limiter, now }: Services,
): Promise<() => Promise<void>> {
  const at = now()
  const address = ipBucket(request.ip)
  // What is no address is nobody's: one count for all of it, however long it is.
  const account = parseEmail(email) ?? 'nobody'
  const [one, all] = [`sign-in:${account}:${address}`, `sign-in:${address}`]
  await spendOrRefuse(limiter, all, { ...attempts, limit: attempts.limit * accountsByAddress }, at)
  await spendOrRefuse(limiter, one, attempts, at)
  return async () => {
    await limiter.refund(one, at)
    await limiter.refund(all, at)
  }
}
