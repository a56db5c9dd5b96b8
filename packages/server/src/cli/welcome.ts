import type { Demo } from '../server/seed.ts'

const entries = <T>(record: Readonly<Record<string, T>>) => Object.entries(record)

function secrets({ person, admin, apps, vendors, keys }: Demo): string {
  return [
    `  person      ${person.email}   ${person.password}`,
    `  admin       ${admin.email}   ${admin.password}`,
    ...entries(apps).map(([name, app]) => `  app         ${name}   ${app.client_id}   ${app.client_secret}`),
    ...entries(vendors).map(
      ([name, vendor]) => `  vendor      ${name}   ${vendor.client_id}   ${vendor.client_secret}`,
    ),
    ...entries(keys).map(([name, key]) => `  API key     ${name}   ${key}`),
  ].join('\n')
}

function curls({ baseUrl, person, apps, vendors, keys, character }: Demo): string {
  const app = entries(apps)[0]?.[1]
  const vendor = entries(vendors)[0]?.[1]
  const key = entries(keys)[0]?.[1]
  const json = (value: object) => `-H 'Content-Type: application/json' -d '${JSON.stringify(value)}'`
  const lines: readonly (readonly [string, string])[] = [
    [
      'people',
      `curl -X POST ${baseUrl}/api/auth/login/ ${json({ email: person.email, password: person.password })}`,
    ],
    [
      'widgets',
      `curl -X POST ${baseUrl}/api/agents/agent-session/ -H 'Origin: ${character.allowed_origins[0]}' ${json({ agent: character.slug })}`,
    ],
    ['apps', `curl ${baseUrl}/o/introspect/ -u '${app?.client_id}:${app?.client_secret}' -d token=any`],
    [
      'vendors',
      `curl -X POST ${baseUrl}/auth/token ${json({ client_id: vendor?.client_id, client_secret: vendor?.client_secret })}`,
    ],
    ['keys', `curl ${baseUrl}/v1/domains -H 'X-API-Key: ${key}'`],
  ]
  return lines.map(([door, line]) => `# ${door}\n${line}`).join('\n')
}

/** An authorization request that works in a browser; the page it ends at shows the curl line that comes next. */
export function tryInBrowser({ baseUrl, apps }: Pick<Demo, 'baseUrl' | 'apps'>): string {
  const app = apps['osir']
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app?.client_id ?? '',
    redirect_uri: app?.loopback_redirect_uri ?? '',
    scope: app?.scope ?? '',
  })
  return `${baseUrl}/oauth/authorize?${query}`
}

/** What a first start says: everything is shown here once, and kept in `file`. */
export function welcome(demo: Demo, file: string): string {
  return `
Sallyport serves ${demo.baseUrl}

${secrets(demo)}

This is shown once; ${file} has it too, for you alone.

${curls(demo)}

# sign in and consent, in a browser
${tryInBrowser(demo)}

Your account page: ${demo.baseUrl}/account
`
}

/** What a later start says. */
export function welcomeBack(baseUrl: string, file: string): string {
  return `Sallyport serves ${baseUrl}\nThe demonstration's secrets are in ${file}.\n`
}
