/**
 * The guard beside its peers, and what a million keys cost it in memory: `npm run bench:guard`. With `-- --quick` only to see
 * that everything still runs; `-- --peers` or `-- --memory` for one of the two.
 */
import { comparePeers } from './support/compare.ts'
import { measureMemory } from './support/memory.ts'

const asked = new Set(process.argv.slice(2))
const quick = asked.has('--quick')
if (!asked.has('--memory')) await comparePeers(quick)
if (!asked.has('--peers')) await measureMemory(quick)
