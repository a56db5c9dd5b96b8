/** What the spec reporter is told of a run: what failed and the counts, nothing of what passed. */
import type { TestEvent } from 'node:test/reporters'

type Started = Extract<TestEvent, { type: 'test:start' }>

/**
 * A filter for one run. The reporter pairs each outcome with the start before it and prints the parents of a failure,
 * so a start is held back until something below it fails and dropped when it passes.
 */
export function onlyFailures(): (event: TestEvent) => readonly TestEvent[] {
  let held: Started[] = []
  return (event) => {
    switch (event.type) {
      case 'test:start':
        held.push(event)
        return []
      case 'test:pass': {
        const last = held.at(-1)
        if (last?.data.nesting === event.data.nesting && last.data.name === event.data.name) held.pop()
        return []
      }
      case 'test:fail': {
        const told = [...held, event]
        held = []
        return told
      }
      // Output is shown by file, with the file's failure.
      case 'test:stdout':
      case 'test:stderr':
      case 'test:plan':
        return []
      // Remarks of one file come with its output; those without a file are the counts of the run.
      case 'test:diagnostic':
        return event.data.file === undefined || event.data.level !== 'info' ? [event] : []
      default:
        return [event]
    }
  }
}
