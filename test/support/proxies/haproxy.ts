import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { examplesFolder, findProgram, type ProxyKind, readExample } from './program.ts'

/** HAProxy with the documented example. */
export const haproxy: ProxyKind = {
  name: 'HAProxy',
  program: findProgram('haproxy'),
  from: 'the package haproxy',
  passesTrailers: true,
  script: 'sallyport.lua',
  async prepare(folder, ports) {
    for (const name of ['haproxy.lua', 'sallyport.lua'])
      await copyFile(join(examplesFolder, name), join(folder, name))
    const example = await readExample('haproxy.cfg', ports)
    await writeFile(join(folder, 'haproxy.cfg'), example.replaceAll('/etc/haproxy', folder))
    return { args: ['-db', '-f', join(folder, 'haproxy.cfg')] }
  },
}
