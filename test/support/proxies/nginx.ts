import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, type ProxyKind, readExample } from './program.ts'

function withSubrequests(program: string | undefined): string | undefined {
  const isBuiltIn =
    program !== undefined &&
    spawnSync(program, ['-V'], { encoding: 'utf8' }).stderr.includes('http_auth_request_module')
  return isBuiltIn ? program : undefined
}

/** nginx with the documented example. */
export const nginx: ProxyKind = {
  name: 'nginx',
  program: withSubrequests(findProgram('nginx')),
  from: 'the package nginx-light',
  removesListedOnly: true,
  async prepare(folder, ports) {
    const site = await readExample('nginx.conf', ports)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    )
    // Started by root its workers would be somebody else, who can't write to this folder.
    const user = process.getuid?.() === 0 ? 'user root;' : ''
    const conf = `${user} daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${temporary.join(' ')}\n${site}\n}`
    await writeFile(join(folder, 'nginx.conf'), conf)
    return { args: ['-p', folder, '-c', join(folder, 'nginx.conf')] }
  },
}
