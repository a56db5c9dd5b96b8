import { PerformanceObserver } from 'node:perf_hooks'
import type { Subject } from '../subjects/subject.ts'
import { collect } from './collect.ts'

/** Checks under way at once. `jose` verifies on other threads, so one at a time would measure waiting. */
const lanes = 16
const portion = 512

/** What one round came to. */
export interface Round {
  readonly checks: number
  readonly wallMs: number
  /** Of all threads of the process. */
  readonly cpuMs: number
}

/** What one check allocates, in bytes: on the heap, and outside of it in buffers. */
export interface Allocation {
  readonly heap: number
  readonly external: number
  /** Collections that ran meanwhile: with any, the numbers say nothing. */
  readonly collections: number
}

async function runAll(subject: Subject, inputs: readonly unknown[]): Promise<void> {
  let next = 0
  async function lane(): Promise<void> {
    for (let at = next++; at < inputs.length; at = next++) await subject.check(inputs[at])
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** Runs portions until `milliseconds` of measured time are over; what makes the inputs is not measured. */
export async function runRound(subject: Subject, milliseconds: number): Promise<Round> {
  let [checks, wallMs, cpuMs] = [0, 0, 0]
  while (wallMs < milliseconds) {
    const inputs = subject.prepare(portion)
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    await runAll(subject, inputs)
    wallMs += performance.now() - began
    const { user, system } = process.cpuUsage(cpu)
    cpuMs += (user + system) / 1000
    checks += inputs.length
  }
  return { checks, wallMs, cpuMs }
}

/**
 * Bytes allocated by each of `count` checks: how much more is in use after them, when nothing was collected in between. The
 * process must have room for that: `--max-semi-space-size` and `--min-semi-space-size`, and `--expose-gc`.
 */
export async function measureAllocation(subject: Subject, count: number): Promise<Allocation> {
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  const inputs = subject.prepare(count)
  observer.observe({ entryTypes: ['gc'] })
  await collect()
  collections = 0
  const before = process.memoryUsage()
  await runAll(subject, inputs)
  const after = process.memoryUsage()
  await new Promise((resolve) => setTimeout(resolve, 50))
  observer.disconnect()
  return {
    heap: (after.heapUsed - before.heapUsed) / count,
    external: (after.external - before.external) / count,
    collections,
  }
}
