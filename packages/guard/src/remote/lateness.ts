/** How old the newest is that was read, by the clock of whoever wrote it and the one here. */
export interface Lateness {
  /** Reads that this was written at `writtenMs` there, at `nowMs` here. */
  read(writtenMs: number, nowMs: number): void
  /** How long ago the newest that was read was written, in milliseconds; endless before the first. */
  ageMs(nowMs: number): number
}

/** How much two clocks may drift apart: more than any do, and too little to hide a delay that matters. */
const drift = 0.0005

/**
 * Tells how late a stream is without the two clocks agreeing about the time: the smallest difference that was seen between
 * them is the one of something that did not wait. What waited in a queue shows a larger one.
 */
export function createLateness(): Lateness {
  let least = Number.POSITIVE_INFINITY
  let measuredAt = 0
  let newest = Number.NEGATIVE_INFINITY
  return {
    read(writtenMs, nowMs) {
      least = Math.min(nowMs - writtenMs, least + (nowMs - measuredAt) * drift)
      measuredAt = nowMs
      newest = writtenMs + least
    },
    ageMs: (nowMs) => nowMs - newest,
  }
}
