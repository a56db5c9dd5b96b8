/**
 * Runs the tests: `npm test`, or `npm test -- packages/guard 'test/flows/*.test.ts'` for some of them.
 *
 * Shows one line per file and everything about what failed. Ends with the counts; anything but success, or no test at
 * all, is a failure.
 */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { acceptancePage, readRows, type RowResult, rowOf } from './runner/acceptance.ts'
import { onlyFailures } from './runner/failures.ts'
import { selectFiles } from './runner/select.ts'
import {
  Citations,
  readRowSections,
  readSpecifications,
  specificationsPage,
} from './runner/specifications.ts'
import { type Ended, skippedBecause, Tally } from './runner/tally.ts'
import { TestNames } from './runner/test-names.ts'

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

/** How the tests of the contract's rows ended so far. */
const rowResults = new Map<string, RowResult>()

function noteRow(event: TestEvent): void {
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return
  const row = rowOf(event.data.name)
  if (row === undefined) return
  const passed = event.type === 'test:pass' && rowResults.get(row) !== 'failed'
  rowResults.set(row, passed ? 'passed' : 'failed')
}

/** The names of what passed so far. */
const names = new TestNames()

/** Writes the acceptance table; CI then sees whether the committed one was true. */
function writeAcceptance(): void {
  const rows = readRows(join(root, 'test/vectors/acceptance.tsv'))
  const deferred: unknown = JSON.parse(readFileSync(join(root, 'test/acceptance/deferred.json'), 'utf8'))
  const page = acceptancePage(rows, rowResults, deferred as Readonly<Record<string, string>>)
  writeFileSync(join(root, 'docs/acceptance.md'), page)
}

/** Writes the table of specifications from the names of what passed; throws for a name that cites what is not known. */
function writeSpecifications(): void {
  const specifications = readSpecifications(join(root, 'test/vectors/specifications.tsv'))
  const rows = readRowSections(join(root, 'test/vectors/row-sections.tsv'))
  const citations = new Citations(specifications)
  const homes = new Map<string, string | undefined>()
  const citing = names.passed.map(({ file, names: all }) => {
    if (!homes.has(file)) homes.set(file, citations.home(readFileSync(file, 'utf8')))
    const row = rows.get(rowOf(all.at(-1) ?? '') ?? '')
    const cited = citations.of(row === undefined ? all : [...all, row], homes.get(file))
    return { file: relative(root, file), names: all, citations: cited }
  })
  writeFileSync(join(root, 'docs/specifications.md'), specificationsPage(specifications, citing))
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
    noteRow(event)
    names.add(event)
    const skipped = skippedBecause(event)
    if (skipped !== undefined) process.stdout.write(`﹣ skipped: ${skipped}\n`)
    for (const ended of tally.add(event)) process.stdout.write(describeEnd(ended))
    for (const told of filter(event)) reporter.write(told)
  }
  clearTimeout(patience)
  reporter.end()
  await once(reporter, 'end')
  return tally
}

const asked = process.argv.slice(2)
const files = selectFiles(root, asked)
const totals = files.length > 0 ? (await runFiles(files)).totals : undefined
const { passed, failed, skipped } = totals ?? { passed: 0, failed: 0, skipped: 0 }
// Of a part of the tests nothing can be said about all rows.
if (asked.length === 0 && totals) {
  writeAcceptance()
  writeSpecifications()
}
if (files.length === 0) console.error('no test file matches')
else if (!totals) console.error('the run ended before it was counted')
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
// `passed` alone would call a run of skipped tests a success.
process.exitCode = totals && failed === 0 && passed > 0 ? 0 : 1
