import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Report, reportJson, reportText } from '../../src/cli/doctor/report.ts'
import { fail, notApplicable, notSeen, ok, type Verdict, warn } from '../../src/cli/doctor/rule.ts'

const finding = (id: string, verdict: Verdict, about = 'https://id.example', mend?: string) =>
  ({ id, profile: 'bcp', about, source: 'RFC 1', demand: `demand ${id}`, mend, ...verdict }) as const
const report: Report = {
  issuer: 'https://id.example',
  profiles: ['bcp'],
  findings: [
    finding('a', ok('seen a')),
    finding('b', notApplicable('seen b')),
    finding('c', warn('seen c'), 'https://id.example', 'mend c'),
    finding('d', fail('seen \u001b[2Jd\nFAIL\u202E'), 'https://id.example', 'mend d'),
    finding('e', notSeen('seen e')),
    finding('f', ok('seen f'), 'door x'),
  ],
  sent: ['GET https://id.example/ → 200 to \u001b]0;x'],
}

test('the worst comes first, of each thing that was looked at, with what was seen and how to mend it', () => {
  const lines = reportText(report).split('\n')
  const order = lines.filter((line) => /\[[a-f]\]$/.test(line)).map((line) => line.trim().slice(0, 4))
  assert.deepEqual(order, ['FAIL', 'warn', 'not ', 'ok  ', 'n/a ', 'ok  '])
  assert.ok(lines.includes('           mend: mend d'))
  assert.ok(!lines.some((line) => line.includes('seen a')), 'of what is well nothing more is said')
  assert.ok(lines.includes('2 ok, 1 warn, 1 FAIL, 1 n/a, 1 not seen'))
})

test('what a server wrote can’t move a terminal, nor write a line of its own', () => {
  const text = reportText(report)
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202E/u)
  assert.ok(!text.split('\n').includes('FAIL'))
})

test('the report for machines has everything, with null for what there is nothing of', () => {
  const parsed = JSON.parse(reportJson({ ...report, issuer: undefined }))
  assert.equal(parsed.version, 1)
  assert.equal(parsed.issuer, null)
  assert.deepEqual(parsed.counts, { ok: 2, warn: 1, fail: 1, 'not-applicable': 1, 'not-seen': 1 })
  assert.deepEqual(Object.keys(parsed.findings[0]).sort(), [
    'about',
    'demand',
    'id',
    'mend',
    'profile',
    'seen',
    'source',
    'status',
  ])
  assert.equal(parsed.findings[0].mend, null)
})
