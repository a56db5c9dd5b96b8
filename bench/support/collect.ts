/** Lets go of all that can be let go of. Needs `--expose-gc`. */
export async function collect(): Promise<void> {
  // Several times, with a turn between: buffers are freed by the collection after the one that found them unused.
  for (let times = 0; times < 4; times += 1) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
