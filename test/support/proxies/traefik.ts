import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { send } from '../http.ts'
import { findProgram, type ProxyKind, readExample } from './program.ts'

/** Traefik with the documented example. */
export const traefik: ProxyKind = {
  name: 'Traefik',
  program: findProgram('traefik'),
  from: '.ci/more-proxies',
  async prepare(folder, ports) {
    const quiet = 'global:\n  checkNewVersion: false\n'
    const settings = (await readExample('traefik.yml', ports)).replace('/etc/traefik', folder)
    await writeFile(join(folder, 'traefik.yml'), quiet + settings)
    await writeFile(join(folder, 'traefik-routes.yml'), await readExample('traefik-routes.yml', ports))
    return { args: [`--configFile=${join(folder, 'traefik.yml')}`] }
  },
  hasRoutes: async (port) => (await send(`http://127.0.0.1:${port}/`)).status !== 404,
}
