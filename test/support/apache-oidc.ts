import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasOpenssl } from './certificates.ts'
import { findProgram } from './proxies/program.ts'
import { type RunningProgram, startProgram } from './program.ts'

const modulesFolder = '/usr/lib/apache2/modules'
const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'auth_openidc']
const program = findProgram('apache2')

/** Why there is no Apache with `mod_auth_openidc` here; `false` where there is. */
export const skipWithoutApache: string | false =
  (!hasOpenssl && 'openssl is not on this machine') ||
  ((program === undefined || !existsSync(join(modulesFolder, 'mod_auth_openidc.so'))) &&
    'Apache with libapache2-mod-auth-openidc is not on this machine; CI installs it')

/** One site of the Apache: where it listens, and what it is to the server. */
export interface ApacheSite {
  readonly port: number
  readonly clientId: string
  readonly secret: string
  readonly method: string
}

/** What the sites share. */
export interface ApacheSettings {
  readonly issuer: string
  /** Where the keys of access tokens are: the module takes them by https alone. */
  readonly jwksUri: string
  /** What answers behind. */
  readonly backend: string
  /** The certificate of the authority that it believes. */
  readonly authority: string
}

function siteLines(
  { port, clientId, secret, method }: ApacheSite,
  { issuer, jwksUri, backend }: ApacheSettings,
): string {
  return `Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCRedirectURI http://127.0.0.1:${port}/private/redirect
OIDCClientID ${clientId}
OIDCCryptoPassphrase of-this-apache
OIDCPKCEMethod S256
OIDCScope "openid profile chatbot:read"
OIDCRemoteUserClaim email
OIDCSessionType client-cookie
OIDCCacheType file
# The page is asked for again after each change that a test makes.
OIDCRefreshAccessTokenBeforeExpiry 3600
OIDCOAuthVerifyJwksUri ${jwksUri}
OIDCOAuthRemoteUserClaim sub
OIDCClientSecret ${secret}
OIDCProviderTokenEndpointAuth ${method}
<Location /private>
AuthType openid-connect
Require valid-user
</Location>
<Location /api>
AuthType oauth20
Require claim scope:chatbot:read
</Location>
# What the module says at this address is lost where a proxy answers for it.
ProxyPass /private/redirect !
ProxyPass / ${backend}/
</VirtualHost>`
}

/** Starts an Apache whose sites protect `/private` by sign-in at `issuer` and `/api` by its access tokens. */
export async function startApache(
  sites: readonly ApacheSite[],
  settings: ApacheSettings,
): Promise<RunningProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-apache-'))
  // Started by root it needs somebody else to be.
  const user = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []
  const conf = [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${folder}/pid`,
    'ServerName 127.0.0.1',
    // Its standard error is no file that it could open.
    'ErrorLog "|$/bin/cat 1>&2"',
    'LogLevel error',
    ...modules.map((name) => `LoadModule ${name}_module ${modulesFolder}/mod_${name}.so`),
    ...user,
    `OIDCCacheDir ${folder}`,
    `OIDCCABundlePath ${folder}/ca.pem`,
    ...sites.map((site) => siteLines(site, settings)),
  ]
  await writeFile(join(folder, 'apache.conf'), `${conf.join('\n')}\n`)
  await writeFile(join(folder, 'ca.pem'), settings.authority)
  await chmod(folder, 0o777)
  const running = await startProgram({
    command: [program ?? '', '-DFOREGROUND', '-f', join(folder, 'apache.conf')],
    port: sites[0]?.port ?? 0,
  })
  return {
    ...running,
    async close() {
      await running.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
