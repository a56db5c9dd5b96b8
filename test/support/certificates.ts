import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether this machine has the program that makes certificates. */
export const hasOpenssl = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/bin/openssl'].some((path) =>
  existsSync(path),
)

/** A certificate with its key, in PEM, and where they lie. */
export interface MadeCertificate {
  readonly cert: string
  readonly key: string
  readonly certPath: string
  readonly keyPath: string
}

/** What a certificate says: a subject as `/C=DE/O=Example/CN=name`, and names such as `DNS:example.com`. */
export interface CertificateWish {
  readonly subject: string
  readonly names?: readonly string[]
}

/** A folder of certificates under one authority. */
export interface Authority {
  readonly folder: string
  readonly cert: string
  readonly certPath: string
  /** A certificate by this authority. */
  issue(wish: CertificateWish): Promise<MadeCertificate>
  /** A certificate that nobody vouches for. */
  selfSigned(wish: CertificateWish): Promise<MadeCertificate>
  close(): Promise<void>
}

/** Makes an authority with `openssl`, which is not the code under test. */
export async function newAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-certificates-'))
  let count = 0
  async function make(
    { subject, names = [] }: CertificateWish,
    by: readonly string[],
  ): Promise<MadeCertificate> {
    count += 1
    const [certPath, keyPath] = [join(folder, `${count}.pem`), join(folder, `${count}.key`)]
    const extensions = names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`]
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyPath]
    const what = ['-subj', subject, '-days', '30', '-utf8', ...extensions]
    await run('openssl', ['req', '-x509', ...key, '-out', certPath, ...what, ...by])
    const [cert, made] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')])
    return { cert, key: made, certPath, keyPath }
  }
  const root = await make({ subject: '/CN=Test Authority' }, [])
  const byRoot = ['-CA', root.certPath, '-CAkey', root.keyPath, '-addext', 'basicConstraints=CA:FALSE']
  return {
    folder,
    cert: root.cert,
    certPath: root.certPath,
    issue: (wish) => make(wish, byRoot),
    selfSigned: (wish) => make(wish, []),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Writes a text beside the certificates; its path. */
export async function writeBeside({ folder }: Authority, name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}
