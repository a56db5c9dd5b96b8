/**
 * Runs the official MCP conformance runner, its `authorization` command, against a real server, once for each apps door, and writes
 * what came of it to docs/mcp-conformance.md. `npm run conformance:mcp` installs the runner first.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approve, call, newPerson, signedInBrowser } from '../../support/actors.ts'
import { send, text } from '../../support/http.ts'
import { freePort, startServer, type TestServer } from '../../support/server.ts'

const here = import.meta.dirname
const runner = join(here, 'node_modules/@modelcontextprotocol/conformance')
const page = join(here, '../../../docs/mcp-conformance.md')
const patienceMs = 60_000

/** One check of a scenario, as the runner writes it. */
interface Check {
  readonly id: string
  readonly description: string
  readonly status: string
  readonly errorMessage?: string
}

/** A door to be judged. */
interface Judged {
  readonly name: string
  readonly path: string
  readonly issuerPath: string
}

const doors: readonly Judged[] = [
  { name: 'OSIR, with `resource`', path: '/oauth', issuerPath: '/oauth' },
  { name: 'OpenChatStudio, at the server’s own issuer', path: '/o', issuerPath: '' },
]

/** A person who allows what the runner asks for, and whose browser then goes where it is sent. */
async function allow(server: TestServer, url: URL): Promise<void> {
  const browser = await signedInBrowser(server, await newPerson(server))
  const answer = await approve(browser, `${url.pathname}${url.search}`)
  if (answer.headers.location === undefined)
    throw new Error(`nobody was sent on: ${answer.text.slice(0, 500)}`)
  await send(answer.headers.location)
}

/** Runs the runner, letting a person in whenever it shows an address; what it printed. */
function runRunner(args: readonly string[], server: TestServer): Promise<string> {
  const child = spawn(process.execPath, [join(runner, 'dist/index.js'), 'authorization', ...args])
  let said = ''
  const allowed = new Set<string>()
  const watch = (chunk: Buffer) => {
    said += chunk.toString()
    for (const [address] of said.matchAll(/http\S+\/authorize\S*\?\S+(?=\n)/g)) {
      if (allowed.has(address)) continue
      allowed.add(address)
      allow(server, new URL(address)).catch((error: unknown) => {
        said += String(error)
        child.kill()
      })
    }
  }
  child.stdout.on('data', watch)
  child.stderr.on('data', watch)
  const timer = setTimeout(() => child.kill(), patienceMs)
  return new Promise((resolve) => {
    child.on('close', () => {
      clearTimeout(timer)
      resolve(said)
    })
  })
}

async function readChecks(folder: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const names = await readdir(folder, { recursive: true })
  const files = names.filter((name) => name.endsWith('checks.json')).sort()
  const scenario = (name: string) =>
    (name.split('/').at(-2) ?? name)
      .replace(/^authorization-server-(?=authorization-)/, '')
      .replace(/-\d{4}-\d{2}-\d{2}T.*$/, '')
  const read = async (name: string) =>
    [scenario(name), JSON.parse(await readFile(join(folder, name), 'utf8')) as readonly Check[]] as const
  return new Map(await Promise.all(files.map(read)))
}

async function judge(door: Judged, server: TestServer): Promise<ReadonlyMap<string, readonly Check[]>> {
  const port = await freePort()
  const registered = await call(server, `${door.path}/register`, {
    json: {
      client_name: 'Conformance runner',
      redirect_uris: [`http://127.0.0.1:${port}/callback`],
      token_endpoint_auth_method: 'none',
    },
  })
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'))
  try {
    const url = `${server.base}${door.issuerPath}`
    const client = ['--client-id', text(registered, 'client_id'), '-p', String(port)]
    const resource = door.path === '/oauth' ? ['--resource', `${server.base}/mcp`] : []
    const said = await runRunner(['--url', url, ...client, ...resource, '-o', folder], server)
    const checks = await readChecks(folder)
    if (checks.size === 0) throw new Error(`the runner wrote nothing:\n${said}`)
    return checks
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function tableOf(checks: ReadonlyMap<string, readonly Check[]>): string {
  const rows = [...checks].flatMap(([scenario, all]) =>
    all.map(
      ({ id, description, status, errorMessage = '' }) =>
        `| ${scenario} | ${id} | ${description} | ${status} | ${errorMessage} |`,
    ),
  )
  return ['| scenario | check | | result | |', '|---|---|---|---|---|', ...rows].join('\n')
}

const server = await startServer({
  doors: {
    'osir-oauth': { mcp: true },
    openchatstudio: { mcp: true },
  },
})
try {
  const { version } = JSON.parse(await readFile(join(runner, 'package.json'), 'utf8')) as { version: string }
  const sections: string[] = []
  const results: Check[] = []
  for (const door of doors) {
    // One after the other: each waits for a person of its own.
    // oxlint-disable-next-line no-await-in-loop
    const checks = await judge(door, server)
    results.push(...[...checks.values()].flat())
    sections.push(`## ${door.name}\n\n${tableOf(checks)}\n`)
  }
  const passed = results.filter(({ status }) => status === 'SUCCESS').length
  const written = `# MCP conformance

Written by \`npm run conformance:mcp\`, which runs the \`authorization\` command of \`@modelcontextprotocol/conformance\` ${version}
against a server of this repository, with clients that registered themselves. These are all the scenarios
the runner has for authorization servers, for the revisions 2025-03-26 to 2026-07-28.

${passed} of ${results.length} checks passed.

${sections.join('\n')}`
  await writeFile(page, written)
  process.stdout.write(written)
  if (passed < results.length) process.exitCode = 1
} finally {
  await server.close()
}
