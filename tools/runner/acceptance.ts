/** The acceptance table: which rows of the contract pass, by the tests that ran. */
import { readFileSync } from 'node:fs'

/** One row of the contract. */
export interface AcceptanceRow {
  readonly id: string
  readonly source: string
  readonly request: string
  readonly expect: string
}

/** How the test of a row ended. */
export type RowResult = 'passed' | 'failed'

const sources: Readonly<Record<string, string>> = {
  S: 'stated by the document',
  V: 'stated by the same vendor elsewhere',
  E: 'behaviour of the engine under that system',
  R: 'required here beyond both',
}

/** The id that a test's name begins with; `undefined` for a test that is not of a row. */
export function rowOf(testName: string): string | undefined {
  return /^(?:OSHARA|OCS|CHARP|OSIR|ONE)-\d{2}(?= )/.exec(testName)?.[0]
}

/** Reads the rows of a tab-separated file: id, source, given, request, expect. */
export function readRows(path: string): readonly AcceptanceRow[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', source = '', , request = '', expect = ''] = line.split('\t')
      return { id, source, request, expect }
    })
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function stateOf(
  id: string,
  results: ReadonlyMap<string, RowResult>,
  deferred: Readonly<Record<string, string>>,
): string {
  const reason = deferred[id]
  if (reason !== undefined) return `later: ${reason}`
  return results.get(id) ?? 'no test'
}

/** The table as a page. */
export function acceptancePage(
  rows: readonly AcceptanceRow[],
  results: ReadonlyMap<string, RowResult>,
  deferred: Readonly<Record<string, string>>,
): string {
  const states = rows.map(({ id }) => stateOf(id, results, deferred))
  const passed = states.filter((state) => state === 'passed').length
  const lines = rows.map(
    ({ id, source, request, expect }, index) =>
      `| ${id} | ${source} | ${cell(request)} | ${cell(expect)} | ${states[index]} |`,
  )
  const legend = Object.entries(sources).map(([letter, meaning]) => `${letter}: ${meaning}`)
  return [
    '# What the four documents ask for, row by row',
    '',
    'Made by `npm test` from the tests that ran; each row’s test is named by its id, in `test/acceptance/`.',
    '',
    `${passed} of ${rows.length} rows pass. ${legend.join('; ')}.`,
    '',
    '| row | source | request | expected | |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}
