/** The arbitrary requests at every endpoint, many more of them than in `npm test`, and from a seed that is new each day. */
import { spawnSync } from 'node:child_process'

const day = Math.floor(Date.now() / 86_400_000)
const env = { SALLYPORT_PROPERTY_RUNS: '120', SALLYPORT_PROPERTY_SEED: String(day), ...process.env }
console.log(`seed ${env.SALLYPORT_PROPERTY_SEED}, ${env.SALLYPORT_PROPERTY_RUNS} requests a method`)
const { status } = spawnSync(process.execPath, ['tools/test.ts', 'test/properties'], {
  stdio: 'inherit',
  env,
})
process.exitCode = status ?? 1
