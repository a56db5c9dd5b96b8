import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, type ProxyKind, readExample } from './program.ts'

/** Envoy with the documented example. */
export const envoy: ProxyKind = {
  name: 'Envoy',
  program: findProgram('envoy'),
  from: '.ci/more-proxies',
  async prepare(folder, ports) {
    await writeFile(join(folder, 'envoy.yaml'), await readExample('envoy.yaml', ports))
    // Hot restart would tie all of this machine together.
    const quiet = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']
    return { args: ['-c', join(folder, 'envoy.yaml'), ...quiet] }
  },
}
