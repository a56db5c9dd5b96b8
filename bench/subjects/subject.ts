import type { RemoteOptions } from '@sallyport/guard'

/** What all subjects are given: credentials that a running server has issued, and where that server is. */
export interface Scene {
  readonly server: string
  readonly issuer: string
  readonly jwksUri: string
  readonly jwks: { readonly keys: readonly object[] }
  /** More different tokens than any subject remembers, so that going round and round meets each one as new. */
  readonly tokens: readonly string[]
  readonly keys: readonly string[]
  readonly access: RemoteOptions
}

/** One thing to measure. */
export interface Subject {
  /** Inputs for `check`, made outside the measured time. */
  prepare(count: number): readonly unknown[]
  /** Verifies one credential; rejects when it is refused, which is a mistake of the benchmark. */
  check(input: unknown): Promise<void>
  close(): Promise<void>
}

/** Makes a function that gives the items in turn, from the first again after the last. */
export function inTurn<T>(items: readonly T[]): (count: number) => readonly T[] {
  let at = 0
  return (count) =>
    Array.from({ length: count }, () => {
      const item = items[at % items.length]
      at += 1
      if (item === undefined) throw new TypeError('nothing to take from')
      return item
    })
}

/** How many credentials are in use where they are known already. */
export const inUse = 64
