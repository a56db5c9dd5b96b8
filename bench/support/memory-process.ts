import { measurePhase, type Phase } from './memory-phases.ts'

const [phase, server, keys] = process.argv.slice(2) as [Phase, string, string]
process.on('disconnect', () => process.exit(0))
process.send?.(await measurePhase(phase, server, Number(keys)))
