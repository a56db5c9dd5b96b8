import { deferred } from './deferred.ts'

interface Waiting<Q, A> {
  readonly question: Q
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

/** Gathers the questions of one turn of the event loop into one call of `ask`, `most` at a time; answers come in their order. */
export function createBatches<Q, A>(
  ask: (questions: readonly Q[]) => Promise<readonly A[]>,
  most: number,
): (question: Q) => Promise<A> {
  let waiting: Waiting<Q, A>[] = []

  async function send(batch: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await ask(batch.map(({ question }) => question))
      batch.forEach(({ resolve }, index) => resolve(answers[index] as A))
    } catch (error) {
      // Whoever asked hears that it can't be known.
      for (const { reject } of batch) reject(error)
    }
  }
  function flush(): void {
    const all = waiting
    waiting = []
    for (let at = 0; at < all.length; at += most) void send(all.slice(at, at + most))
  }

  return (question) => {
    const { promise, resolve, reject } = deferred<A>()
    if (waiting.length === 0) queueMicrotask(flush)
    waiting.push({ question, resolve, reject })
    return promise
  }
}
