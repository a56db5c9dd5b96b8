import { deferred } from './deferred.ts'
import type { FactKey } from './server.ts'

interface Waiting {
  readonly key: FactKey
  readonly resolve: (fact: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Facts of one request to the server. */
const most = 200
/** Characters of their ids: opaque tokens are long, and the server reads bodies of 64 KiB. */
const mostCharacters = 40_000

/** Splits what was gathered into requests. */
function portions(entries: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const all: Waiting[][] = []
  let characters = 0
  for (const entry of entries) {
    const last = all.at(-1)
    characters += entry.key[1].length
    if (last && last.length < most && characters <= mostCharacters) last.push(entry)
    else {
      all.push([entry])
      characters = entry.key[1].length
    }
  }
  return all
}

/** Gathers the facts that one turn of the event loop asks for into one request; the same fact is asked for once. */
export function createLookUp(
  ask: (keys: readonly FactKey[]) => Promise<readonly unknown[]>,
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
    for (const portion of portions(entries)) void send(portion)
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
