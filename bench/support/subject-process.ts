import { readFileSync } from 'node:fs'
import { type SubjectName, subjects } from '../subjects/index.ts'
import type { Scene } from '../subjects/subject.ts'
import { measureAllocation, runRound } from './measure.ts'

// One subject in a process of its own: what another one allocated or compiled is not there.

/** What the benchmark asks of a subject's process. */
export type Order =
  | { readonly what: 'round'; readonly milliseconds: number }
  | { readonly what: 'allocation'; readonly count: number }

const [name, sceneFile] = process.argv.slice(2) as [SubjectName, string]
const subject = await subjects[name](JSON.parse(readFileSync(sceneFile, 'utf8')) as Scene)

async function carryOut(order: Order): Promise<unknown> {
  return order.what === 'round'
    ? runRound(subject, order.milliseconds)
    : measureAllocation(subject, order.count)
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ result: 'ready' })
