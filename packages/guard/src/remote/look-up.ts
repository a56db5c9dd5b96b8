import { deferred } from './deferred.ts'
import type { FactKey } from './server.ts'

interface Waiting {
  readonly key: FactKey
  readonly resolve: (fact: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers the facts that one turn of the event loop asks for into requests of at most `most`; the same fact is asked for once.
 */
export function createLookUp(
  ask: (keys: readonly FactKey[]) => Promise<readonly unknown[]>,
  most = 200,
): (kind: string, id: string) => Promise<unknown> {
  let waiting = new Map<string, { readonly promise: Promise<unknown>; readonly entry: Waiting }>()

  async function send(entries: readonly Waiting[]): Promise<void> {
    try {
      const facts = await ask(entries.map(({ key }) => key))
      entries.forEach(({ resolve }, index) => resolve(facts[index]))
    } catch (error) {
      // Whoever asked hears that it can't be known.
      for (const { reject } of entries) reject(error)
    }
  }
  function flush(): void {
    const entries = [...waiting.values()].map(({ entry }) => entry)
    waiting = new Map()
    for (let at = 0; at < entries.length; at += most) void send(entries.slice(at, at + most))
  }

  return (kind, id) => {
    const name = `${kind}:${id}`
    const known = waiting.get(name)
    if (known) return known.promise
    const { promise, resolve, reject } = deferred<unknown>()
    if (waiting.size === 0) queueMicrotask(flush)
    waiting.set(name, { promise, entry: { key: [kind, id], resolve, reject } })
    return promise
  }
}
