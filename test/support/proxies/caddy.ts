import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, type ProxyKind, readExample } from './program.ts'

/** Caddy with the documented example. */
export const caddy: ProxyKind = {
  name: 'Caddy',
  program: findProgram('caddy'),
  from: 'the package caddy',
  async prepare(folder, ports) {
    // Without its administration interface, whose port would be the same for every Caddy of this machine.
    await writeFile(join(folder, 'Caddyfile'), `{\n\tadmin off\n}\n${await readExample('Caddyfile', ports)}`)
    return {
      args: ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    }
  },
}
