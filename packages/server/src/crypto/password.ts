import { hash, verify } from '@node-rs/argon2'

/** Hashes and verifies passwords, a bounded number at a time. */
export interface Passwords {
  /** argon2id in PHC form. Throws `Overloaded` when too many wait. */
  hash(password: string): Promise<string>
  /** Whether `password` is the one of `phc`; an unknown account (`undefined`) costs the same time and is never right. */
  verify(password: string, phc: string | undefined): Promise<boolean>
}

/** Too many passwords wait to be hashed. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
}

// OWASP's minimum for argon2id: 19 MiB, two passes, one lane. 2 is the library's number for argon2id, an ambient const
// enum that a type-stripped program can't name.
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * Password hashing off the event loop. At most `atOnce` run and `waiting` wait: each takes 19 MiB, so without a bound
 * a burst of sign-ins would take the machine's memory.
 */
export async function createPasswords({ atOnce = 4, waiting = 200 } = {}): Promise<Passwords> {
  let running = 0
  const queue: (() => void)[] = []
  async function bounded<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (queue.length >= waiting) throw new Overloaded('too many passwords are waiting to be hashed')
      await new Promise<void>((resolve) => queue.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = queue.shift()
      // The place is handed over, not given back, so that a newcomer can't slip in between.
      if (next) next()
      else running -= 1
    }
  }
  const decoy = await hash('not the password of anybody', options)
  return {
    hash: (password) => bounded(() => hash(password, options)),
    verify: (password, phc) =>
      bounded(async () => (await verify(phc ?? decoy, password)) && phc !== undefined),
  }
}
