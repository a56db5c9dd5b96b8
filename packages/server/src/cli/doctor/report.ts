import type { Finding, Profile, Status } from './rule.ts'

/** Everything that a run has found. */
export interface Report {
  /** The server that was asked, where one was. */
  readonly issuer: string | undefined
  readonly profiles: readonly Profile[]
  readonly findings: readonly Finding[]
  /** Every request that was sent, in words. */
  readonly sent: readonly string[]
}

const words: Readonly<Record<Status, string>> = {
  fail: 'FAIL',
  warn: 'warn',
  ok: 'ok',
  'not-seen': 'not seen',
  'not-applicable': 'n/a',
}
const order = ['fail', 'warn', 'not-seen', 'ok', 'not-applicable'] as const

/** How many findings have each status. */
export function countsOf({ findings }: Pick<Report, 'findings'>): Readonly<Record<Status, number>> {
  const count = (status: Status) => findings.filter((one) => one.status === status).length
  return {
    ok: count('ok'),
    warn: count('warn'),
    fail: count('fail'),
    'not-applicable': count('not-applicable'),
    'not-seen': count('not-seen'),
  }
}

/** What a terminal would take for a command is taken out: a part of this text was written by the server that was asked. */
const plain = (text: string) => text.replace(/[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, ' ')

function lines({ id, status, demand, source, seen, mend }: Finding): readonly string[] {
  const indent = ' '.repeat(11)
  return [
    `  ${words[status].padEnd(8)} ${demand} [${id}]`,
    `${indent}${source}`,
    ...(status === 'ok' || status === 'not-applicable' ? [] : [`${indent}seen: ${plain(seen)}`]),
    ...(mend === undefined ? [] : [`${indent}mend: ${mend}`]),
  ]
}

/** The report for people: the worst first, of each thing that was looked at. */
export function reportText(report: Report): string {
  const { findings, sent } = report
  const about = [...new Set(findings.map((one) => one.about))]
  const sections = about.map((name) => {
    const mine = findings.filter((one) => one.about === name)
    const sorted = mine.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    return [plain(name), ...sorted.flatMap(lines)].join('\n')
  })
  const counts = Object.entries(countsOf(report)).map(
    ([status, count]) => `${count} ${words[status as Status]}`,
  )
  const requests =
    sent.length === 0
      ? []
      : [
          [
            `Sent ${sent.length} requests, none with a credential of anybody:`,
            ...sent.map((one) => `  ${plain(one)}`),
          ].join('\n'),
        ]
  return `${[...sections, ...requests, counts.join(', ')].join('\n\n')}\n`
}

/** The report for machines. Members are added, never renamed, under one `version`. */
export function reportJson(report: Report): string {
  const { issuer = null, profiles, findings, sent } = report
  const named = findings.map(({ mend = null, ...finding }) => ({ ...finding, mend }))
  return `${JSON.stringify({ version: 1, issuer, profiles, counts: countsOf(report), findings: named, sent }, null, 2)}\n`
}
