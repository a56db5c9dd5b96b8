import { createBatches } from './batches.ts'
import type { FactKey } from './server.ts'

/** Gathers the facts that one turn of the event loop asks for into requests of at most `most`; the same fact is asked for once. */
export function createLookUp(
  ask: (keys: readonly FactKey[]) => Promise<readonly unknown[]>,
  most = 200,
): (kind: string, id: string) => Promise<unknown> {
  const batch = createBatches(ask, most)
  const asked = new Map<string, Promise<unknown>>()
  return (kind, id) => {
    const name = `${kind}:${id}`
    const known = asked.get(name)
    if (known) return known
    const promise = batch([kind, id])
    // After this turn an answer may be on its way that knows nothing of a change heard meanwhile.
    if (asked.size === 0) queueMicrotask(() => asked.clear())
    asked.set(name, promise)
    return promise
  }
}
