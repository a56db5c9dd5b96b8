/** The full names of the tests that passed, from the events of a run. */
import type { TestEvent } from 'node:test/reporters'
import type { PassedTest } from './specifications.ts'

/**
 * Keeps the names of suites as they begin, so that a test is known by all the names around it. The runner tells each file's
 * events in the order in which they were written, one file after the other.
 */
export class TestNames {
  #around: readonly string[] = []
  readonly #passed: PassedTest[] = []

  /** Those that passed so far, without suites and what was left out. */
  get passed(): readonly PassedTest[] {
    return this.#passed
  }

  /** Takes one event in. */
  add(event: TestEvent): void {
    if (event.type === 'test:start') {
      this.#around = [...this.#around.slice(0, event.data.nesting), event.data.name]
    } else if (event.type === 'test:pass') {
      const { name, nesting, file, details, skip, todo } = event.data
      if (file === undefined || name === file || details.type === 'suite') return
      if (skip !== undefined || todo !== undefined) return
      this.#passed.push({ file, names: [...this.#around.slice(0, nesting), name] })
    }
  }
}
