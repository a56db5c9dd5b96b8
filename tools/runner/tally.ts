/** How a run ended, file by file, and in total. */
import type { TestEvent } from 'node:test/reporters'

/** The closing numbers. */
export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** A test file that has ended. */
export interface Ended {
  readonly file: string
  /** `silent`: it has no test, or left the process before its tests were through. */
  readonly outcome: 'passed' | 'failed' | 'silent'
  readonly tests: number
  /** What it wrote, its last lines. */
  readonly output: string
}

type Data<Type extends TestEvent['type']> = Extract<TestEvent, { type: Type }>['data']

const outputLines = 80

/**
 * Keeps count of one run from its events.
 *
 * The runner says at once which file begins and ends (`dequeue`, `complete`), but holds back what happened in it until
 * the files before it are told. So a file has ended here when its summary comes, not when it is complete.
 */
export class Tally {
  readonly #output = new Map<string, string[]>()
  readonly #running = new Set<string>()
  readonly #begun = new Set<string>()
  readonly #ended = new Set<string>()
  /** The files in which a suite was left out. */
  readonly #partly = new Set<string>()
  #silent = 0
  #skippedSuites = 0
  #filePasses = 0
  #counts: Data<'test:summary'>['counts'] | undefined

  /** The files whose process has begun and not ended. */
  get running(): readonly string[] {
    return [...this.#running]
  }

  /** The runner's own numbers, and undefined when it never came to say them. */
  get totals(): Totals | undefined {
    if (!this.#counts) return undefined
    const { tests, passed, skipped, todo } = this.#counts
    // The runner counts skipped tests, but says nothing of the tests of a skipped suite, which it never sees.
    const left = skipped + todo
    // By subtraction, so that no kind of failure is left out: failed, cancelled, and whatever a later Node adds.
    const failed = tests - passed - left
    // The runner takes a file without tests for one test that passed.
    return {
      passed: passed - this.#filePasses,
      failed: failed + this.#silent,
      skipped: left + this.#skippedSuites,
    }
  }

  /** Takes one event in, and tells which files it ended. */
  add(event: TestEvent): readonly Ended[] {
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr':
        this.#keep(event.data.file, event.data.message)
        return []
      case 'test:diagnostic':
        if (event.data.file !== undefined) this.#keep(event.data.file, `${event.data.message}\n`)
        return []
      case 'test:dequeue':
        if (isFile(event.data)) this.#running.add(event.data.name)
        if (isFile(event.data)) this.#begun.add(event.data.name)
        return []
      case 'test:complete':
        this.#running.delete(event.data.name)
        return []
      case 'test:pass':
        if (isFile(event.data)) this.#filePasses += 1
        if (skippedBecause(event) !== undefined && event.data.details.type === 'suite') {
          this.#skippedSuites += 1
          if (event.data.file !== undefined) this.#partly.add(event.data.file)
        }
        return []
      case 'test:fail':
        return isFile(event.data) ? [this.#end(event.data.name, 'failed')] : []
      case 'test:summary':
        return this.#summarise(event.data)
      default:
        return []
    }
  }

  #keep(file: string, message: string): void {
    const lines = [...(this.#output.get(file) ?? []), message]
    this.#output.set(file, lines.slice(-outputLines))
  }

  #summarise({ file, counts, success }: Data<'test:summary'>): readonly Ended[] {
    if (file !== undefined) {
      // A file whose suites were all left out has said why.
      if (counts.tests === 0 && !this.#partly.has(file)) return [this.#end(file, 'silent')]
      return [this.#end(file, success ? 'passed' : 'failed', counts.tests)]
    }
    this.#counts = counts
    return [...this.#begun].filter((one) => !this.#ended.has(one)).map((one) => this.#end(one, 'silent'))
  }

  #end(file: string, outcome: Ended['outcome'], tests = 0): Ended {
    this.#ended.add(file)
    if (outcome === 'silent') this.#silent += 1
    const output = (this.#output.get(file) ?? []).join('')
    this.#output.delete(file)
    return { file, outcome, tests, output }
  }
}

/** Why a test or a suite was skipped, in a line; `undefined` for every other event. */
export function skippedBecause(event: TestEvent): string | undefined {
  if (event.type !== 'test:pass' || event.data.skip === undefined) return undefined
  const { name, skip } = event.data
  return typeof skip === 'string' && skip !== '' ? `${name}: ${skip}` : name
}

/** Whether an event is about a file as a whole: the runner names such a test after its file. */
function isFile(data: { readonly name: string; readonly nesting: number; readonly file?: string }): boolean {
  return data.nesting === 0 && data.file !== undefined && data.name === data.file
}
