import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { pairs, type SubjectName, subjectNames } from '../subjects/index.ts'
import { type Child, startSubject } from './child.ts'
import type { Allocation, Round } from './measure.ts'
import { claim, ratios, summarise, table } from './report.ts'
import { setScene } from './scene.ts'

/** How long it is measured. */
interface Effort {
  readonly rounds: number
  readonly roundMs: number
  readonly warmUpMs: number
  readonly allocationChecks: number
}

const thorough: Effort = { rounds: 11, roundMs: 500, warmUpMs: 1500, allocationChecks: 2000 }
const glance: Effort = { rounds: 3, roundMs: 50, warmUpMs: 100, allocationChecks: 500 }

/** Room for all that those checks allocate: nothing is collected while they run. */
const roomy = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']

type Rounds = ReadonlyMap<SubjectName, readonly Round[]>
type Allocations = ReadonlyMap<SubjectName, Allocation>

/** Every subject once a round, one at a time, so that a change of the machine meets all of them alike. */
async function measureRounds(sceneFile: string, effort: Effort): Promise<Rounds> {
  const { rounds, roundMs, warmUpMs } = effort
  const children = new Map<SubjectName, Child>()
  const measured = new Map<SubjectName, Round[]>()
  try {
    for (const name of subjectNames) {
      const child = await startSubject(name, sceneFile)
      children.set(name, child)
      await child.ask({ what: 'round', milliseconds: warmUpMs })
      measured.set(name, [])
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, child] of children)
        measured.get(name)?.push(await child.ask<Round>({ what: 'round', milliseconds: roundMs }))
    }
  } finally {
    for (const child of children.values()) await child.close()
  }
  return measured
}

async function measureAllocations(sceneFile: string, effort: Effort): Promise<Allocations> {
  const { warmUpMs, allocationChecks } = effort
  const measured = new Map<SubjectName, Allocation>()
  for (const name of subjectNames) {
    const child = await startSubject(name, sceneFile, roomy)
    try {
      await child.ask({ what: 'round', milliseconds: warmUpMs })
      measured.set(name, await child.ask<Allocation>({ what: 'allocation', count: allocationChecks }))
    } finally {
      await child.close()
    }
  }
  return measured
}

const perSecond = ({ checks, wallMs }: Round): number => (checks / wallMs) * 1000
const perCpuSecond = ({ checks, cpuMs }: Round): number => (checks / cpuMs) * 1000
const cpuMicros = ({ checks, cpuMs }: Round): number => (cpuMs / checks) * 1000
const whole = (value: number): string => Math.round(value).toLocaleString('en')

function subjectTable(measured: Rounds, allocations: Allocations): string {
  const rows = subjectNames.map((name) => {
    const mine = measured.get(name) ?? []
    const { median, min, max } = summarise(mine.map(perSecond))
    const allocation = allocations.get(name)
    const heap = allocation && allocation.collections === 0 ? whole(allocation.heap) : 'unknown'
    const external = allocation && allocation.collections === 0 ? whole(allocation.external) : 'unknown'
    const cpu = summarise(mine.map(cpuMicros)).median.toFixed(1)
    return [name, whole(median), `${whole(min)} to ${whole(max)}`, cpu, heap, external]
  })
  return table([
    ['', 'checks/s', 'slowest to fastest round', 'CPU µs/check', 'heap B/check', 'external B/check'],
    ...rows,
  ])
}

/** Rates over rates, by the clock and by the processor: what else the machine did meanwhile slows the first alone. */
function ratioTable(measured: Rounds): string {
  const of = (name: SubjectName, rate: (round: Round) => number) => (measured.get(name) ?? []).map(rate)
  const rows = pairs.map(([ours, peer]) => [
    ours,
    peer,
    claim(ratios(of(ours, perSecond), of(peer, perSecond))),
    claim(ratios(of(ours, perCpuSecond), of(peer, perCpuSecond))),
  ])
  return table([
    ['ours', 'peer', 'checks/s, ours over theirs', 'checks per second of CPU time, ours over theirs'],
    ...rows,
  ])
}

function describeRun({ rounds, roundMs, allocationChecks }: Effort): string {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  const versions = Object.entries(manifest.dependencies).map(([name, version]) => `${name} ${version}`)
  return [
    `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    `load average before: ${loadavg()
      .map((load) => load.toFixed(2))
      .join(', ')}`,
    `peers: ${versions.join(', ')}`,
    `${rounds} rounds of ${roundMs} ms, every subject once a round, each in a process of its own, 16 checks under way`,
    'allocation: heapUsed and external after, less before, over ' +
      `${allocationChecks} checks in a young generation too large to be collected; a collection voids it`,
  ].join('\n')
}

/** Prints checks per second, processor time and allocation of every subject, and our rate over each peer's. */
export async function comparePeers(quick: boolean): Promise<void> {
  const effort = quick ? glance : thorough
  console.log(describeRun(effort))
  const scene = await setScene()
  try {
    const measured = await measureRounds(scene.sceneFile, effort)
    const allocations = await measureAllocations(scene.sceneFile, effort)
    console.log(`\n${subjectTable(measured, allocations)}`)
    console.log(`\n${ratioTable(measured)}`)
  } finally {
    await scene.close()
  }
}
