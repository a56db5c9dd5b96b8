import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, type ProxyKind, readExample } from './program.ts'

const modules = ['mpm_event', 'authz_core', 'lua', 'proxy', 'proxy_http']
const modulesFolder = '/usr/lib/apache2/modules'

function base(folder: string): string {
  const loaded = modules.map((name) => `LoadModule ${name}_module ${modulesFolder}/mod_${name}.so`)
  // Started by root it needs somebody else to be.
  const user = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []
  return [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${folder}/pid`,
    'ServerName api.example',
    // Its standard error is no file that it could open.
    `ErrorLog "|$/bin/cat 1>&2"`,
    ...loaded,
    ...user,
  ].join('\n')
}

/** Apache with the documented example. */
export const apache: ProxyKind = {
  name: 'Apache',
  program: existsSync('/usr/share/lua/5.3/socket.lua') ? findProgram('apache2') : undefined,
  from: 'the packages apache2 and lua-socket',
  script: 'sallyport.lua',
  async prepare(folder, ports) {
    for (const name of ['apache.lua', 'sallyport.lua'])
      await writeFile(join(folder, name), await readExample(name, ports))
    const example = await readExample('apache.conf', ports)
    const conf = `${base(folder)}\n${example.replaceAll('/etc/apache2/sallyport', folder)}`
    await writeFile(join(folder, 'apache.conf'), conf)
    await chmod(folder, 0o755)
    return { args: ['-DFOREGROUND', '-f', join(folder, 'apache.conf')] }
  },
}
