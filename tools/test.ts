/**
 * Runs the tests: `npm test`, or `npm test -- packages/guard 'test/flows/*.test.ts'` for some of them.
 *
 * Shows one line per file and everything about what failed. Ends with the counts; anything but success, or no test at
 * all, is a failure.
 */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { onlyFailures } from './runner/failures.ts'
import { selectFiles } from './runner/select.ts'
import { type Ended, Tally } from './runner/tally.ts'

/** The longest a single test may take. */
const testMs = 120_000
/** A file that holds a socket or a timer open never ends by itself: without news for this long, the run is given up. */
const silenceMs = 180_000

const root = fileURLToPath(new URL('..', import.meta.url))

function describeEnd({ file, outcome, tests, output }: Ended): string {
  const name = relative(root, file)
  if (outcome === 'passed') return `✔ ${name} (${tests})\n`
  const why = outcome === 'silent' ? ': it has no test, or left before its tests were through' : ''
  const said = output === '' ? '' : `${output.replace(/^(?=.)/gm, '  │ ')}\n`
  return `✖ ${name}${why}\n${said}`
}

/** Runs `files` and returns how they ended. */
async function runFiles(files: readonly string[]): Promise<Tally> {
  const stop = new AbortController()
  const tally = new Tally()
  const filter = onlyFailures()
  const reporter = new spec()
  reporter.pipe(process.stdout)
  const giveUp = (): void => {
    const still = tally.running.map((file) => relative(root, file)).join(', ')
    stop.abort(new Error(`nothing happened for ${silenceMs / 1000} s; still running: ${still}`))
  }
  let patience = setTimeout(giveUp, silenceMs)
  const events: AsyncIterable<TestEvent> = run({
    cwd: root,
    files: files.map((file) => resolve(root, file)),
    // One less than the processors would be one file at a time on a machine with two.
    concurrency: Math.max(2, availableParallelism()),
    execArgv: ['--conditions=source'],
    timeout: testMs,
    signal: stop.signal,
  })
  for await (const event of events) {
    clearTimeout(patience)
    patience = setTimeout(giveUp, silenceMs)
    for (const ended of tally.add(event)) process.stdout.write(describeEnd(ended))
    for (const told of filter(event)) reporter.write(told)
  }
  clearTimeout(patience)
  reporter.end()
  await once(reporter, 'end')
  return tally
}

const files = selectFiles(root, process.argv.slice(2))
const totals = files.length > 0 ? (await runFiles(files)).totals : undefined
const { passed, failed, skipped } = totals ?? { passed: 0, failed: 0, skipped: 0 }
if (files.length === 0) console.error('no test file matches')
else if (!totals) console.error('the run ended before it was counted')
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
// `passed` alone would call a run of skipped tests a success.
process.exitCode = totals && failed === 0 && passed > 0 ? 0 : 1
