import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The system's nginx with the module for subrequests; `undefined` where there is none. */
export const nginxPath = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find(
  (path) =>
    existsSync(path) &&
    spawnSync(path, ['-V'], { encoding: 'utf8' }).stderr.includes('http_auth_request_module'),
)

/** A running nginx. */
export interface Nginx {
  close(): Promise<void>
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const say = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => say(true)).once('error', () => say(false))
  })
}

async function waitFor(port: number, output: () => string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await isOpen(port)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nginx does not answer: ${output()}`)
}

/** Starts nginx with the documented example, its addresses replaced by these ports. */
export async function startNginx(ports: {
  readonly listen: number
  readonly sallyport: number
  readonly api: number
}): Promise<Nginx> {
  if (nginxPath === undefined) throw new Error('nginx is not on this machine')
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-nginx-'))
  const example = await readFile(join(import.meta.dirname, '../../docs/examples/nginx.conf'), 'utf8')
  const site = example
    .replace('127.0.0.1:4455', `127.0.0.1:${ports.sallyport}`)
    .replace('127.0.0.1:8081', `127.0.0.1:${ports.api}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${ports.listen}`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const conf = `daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${temporary.join(' ')}\n${site}\n}`
  await writeFile(join(folder, 'nginx.conf'), conf)
  const child = spawn(nginxPath, ['-p', folder, '-c', join(folder, 'nginx.conf')])
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await waitFor(ports.listen, () => output)
  return {
    async close() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}
