import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Authority, hasOpenssl, newAuthority } from './certificates.ts'
import { nginx } from './proxies/nginx.ts'
import { examplesFolder, type ProxyKind, type RunningProxy, startProxy } from './proxies/program.ts'
import { freePort, type ServerOptions, startServer, type TestServer } from './server.ts'

/** Why tests of certificates are skipped; `false` where all that they need is there. */
export const skipCertificates: string | false =
  (!hasOpenssl && 'openssl is not on this machine') ||
  (nginx.program === undefined && 'nginx is not on this machine')

/** A server behind an nginx that speaks TLS and asks for certificates. */
export interface CertifiedServer {
  readonly server: TestServer
  readonly authority: Authority
  close(): Promise<void>
}

function withCertificates(
  authority: Authority,
  made: { readonly certPath: string; readonly keyPath: string },
): ProxyKind {
  return {
    ...nginx,
    async prepare(folder, { listen, sallyport }) {
      const example = await readFile(join(examplesFolder, 'nginx-certificates.conf'), 'utf8')
      const site = example
        .replace('127.0.0.1:8443', `127.0.0.1:${listen}`)
        .replace('127.0.0.1:4455', `127.0.0.1:${sallyport}`)
        .replace('/etc/nginx/server.pem', made.certPath)
        .replace('/etc/nginx/server.key', made.keyPath)
        .replace('/etc/nginx/authorities.pem', authority.certPath)
      const launch = await nginx.prepare(folder, { listen, sallyport, api: 1 })
      const path = join(folder, 'nginx.conf')
      const conf = await readFile(path, 'utf8')
      await writeFile(path, conf.replace(/access_log off;([^\n]*)\n[^]*$/, `access_log off;$1\n${site}\n}`))
      return launch
    },
  }
}

/** The setting that goes with the documented example. */
export const clientCertificate = {
  header: 'X-Client-Cert',
  format: 'escaped-pem',
  verified: { header: 'X-Client-Verify', value: 'SUCCESS' },
} as const

/** Starts a server with an nginx of the documented example before it. This process believes its certificate from then on. */
export async function startCertifiedServer(options: ServerOptions): Promise<CertifiedServer> {
  const authority = await newAuthority()
  const made = await authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'] })
  setDefaultCACertificates([...getCACertificates('default'), authority.cert])
  const [listen, sallyport] = [await freePort(), await freePort()]
  const proxy: RunningProxy = await startProxy(withCertificates(authority, made), {
    listen,
    sallyport,
    api: 1,
  })
  const server = await startServer({
    baseUrl: `https://127.0.0.1:${listen}`,
    port: sallyport,
    trustedProxies: 1,
    clientCertificate,
    ...options,
  })
  return {
    server,
    authority,
    async close() {
      await server.close()
      await proxy.close()
      await authority.close()
    },
  }
}
