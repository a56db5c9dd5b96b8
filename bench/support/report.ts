/** Numbers of several rounds, in words that claim no more than they show. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Rounds of which something may be claimed. */
const fewest = 5
/** Half of the rounds lie within this share of the median, or nothing is claimed. */
const steady = 0.15

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return low + (high - low) * (at - Math.floor(at))
}

const inOrder = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)

/** The middle and the ends. */
export function summarise(values: readonly number[]): Summary {
  const sorted = inOrder(values)
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) }
}

/** Whether the middle half of the rounds agrees well enough for a claim. */
export function isSteady(values: readonly number[]): boolean {
  const sorted = inOrder(values)
  const median = quantile(sorted, 0.5)
  return values.length >= fewest && quantile(sorted, 0.75) - quantile(sorted, 0.25) <= steady * median
}

/** Our rate over the peer's, round by round: a slow moment of the machine slows both of one round. */
export function ratios(ours: readonly number[], peer: readonly number[]): readonly number[] {
  return ours.map((value, round) => value / (peer[round] ?? Number.NaN))
}

/** `2.41 times (1.98 to 2.63)`, or that the rounds are too few or differ too much to say. */
export function claim(values: readonly number[]): string {
  const { median, min, max } = summarise(values)
  const spread = `${min.toFixed(2)} to ${max.toFixed(2)}`
  return isSteady(values) ? `${median.toFixed(2)} times (${spread})` : `too noisy to say (${spread})`
}

/** Rows as a table with columns that line up; the first row names them. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const [head = [], ...body] = rows
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...body.map(line)].join('\n')
}
