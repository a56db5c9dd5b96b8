/**
 * Makes a fresh clone runnable: installs what package-lock.json names, when and only when that is not done yet.
 *
 * npm runs this before `npm start` and `npm test`. It is plain JavaScript for Node 20 because it runs before anything
 * is installed, the repository's own Node runtime included. npm starts every script in a shell of its own with
 * node_modules/.bin first on PATH, so the script after this one runs on the runtime installed here.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const needed = { node: [24, 15], npm: 9 }
/** A waiting process takes over when whoever installs has not touched the lock for this long. */
const staleMs = 20_000
const waitMs = 15 * 60_000

/** The paths of one repository. */
function pathsOf(root) {
  const modules = join(root, 'node_modules')
  return {
    root,
    lockFile: join(root, 'package-lock.json'),
    modules,
    marker: join(modules, '.sallyport-lock'),
    installed: join(modules, '.package-lock.json'),
    node: join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node'),
    // Outside node_modules, which `npm ci` empties.
    busy: join(root, '.cache', 'setup.lock'),
  }
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** Whether the repository brings a Node runtime for this platform. */
function bringsNode(paths) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  return `node_modules/${name}` in readJson(paths.lockFile).packages
}

function isRecentNode(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return major > needed.node[0] || (major === needed.node[0] && minor >= needed.node[1])
}

/** Whether node_modules/.bin/node starts: a libc other than the one it was built for is only seen by trying. */
function nodeRuns(paths) {
  if (!existsSync(paths.node)) return false
  const shell = process.platform === 'win32'
  const tried = spawnSync(shell ? `"${paths.node}"` : paths.node, ['--version'], { encoding: 'utf8', shell })
  return tried.status === 0 && isRecentNode(tried.stdout.trim())
}

const fits = (wanted, actual) => wanted === undefined || [wanted].flat().includes(actual)

/**
 * Whether what npm says it installed is what package-lock.json names. Spares a second installation to whoever has
 * run `npm ci` or `npm install` themselves.
 */
function isInstalled(paths) {
  if (!existsSync(paths.installed)) return false
  const present = readJson(paths.installed).packages
  return Object.entries(readJson(paths.lockFile).packages).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true
    if (present[path])
      return present[path].version === entry.version && present[path].integrity === entry.integrity
    // npm leaves out an optional package of another platform, and whatever only such a package needs.
    const here = fits(entry.os, process.platform) && fits(entry.cpu, process.arch)
    return entry.optional === true && !(here && (entry.os ?? entry.cpu) && entry.libc === undefined)
  })
}

/** `brought` or `own` when there is nothing to do: which Node the scripts will run on. */
function runtimeReady(paths, hash) {
  if (!existsSync(paths.modules)) return undefined
  const [markedHash, marked] = existsSync(paths.marker)
    ? readFileSync(paths.marker, 'utf8').trim().split(' ')
    : []
  if (markedHash !== hash && !isInstalled(paths)) return undefined
  if (marked === 'own' || !bringsNode(paths)) return 'own'
  return nodeRuns(paths) ? 'brought' : undefined
}

/** Takes the lock directory, or waits for its holder and returns undefined so that the caller looks again. */
async function takeLock(paths) {
  const deadline = Date.now() + waitMs
  let told = false
  mkdirSync(join(paths.busy, '..'), { recursive: true })
  for (;;) {
    try {
      mkdirSync(paths.busy)
      const beat = setInterval(() => utimesSync(paths.busy, new Date(), new Date()), staleMs / 10)
      beat.unref()
      return () => {
        clearInterval(beat)
        rmSync(paths.busy, { recursive: true, force: true })
      }
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const touchedAt = statSync(paths.busy, { throwIfNoEntry: false })?.mtimeMs
    if (touchedAt === undefined) return undefined
    if (Date.now() - touchedAt > staleMs) dropStale(paths, touchedAt)
    else if (Date.now() > deadline) throw new Error(`gave up waiting for ${paths.busy}`)
    else {
      if (!told) console.log('sallyport: waiting for another process that is installing')
      told = true
      await wait(500)
    }
  }
}

/** Moves a stale lock aside. Of several that try, one wins the rename; the name says which lock was meant. */
function dropStale(paths, touchedAt) {
  const aside = `${paths.busy}.${Math.trunc(touchedAt)}`
  try {
    renameSync(paths.busy, aside)
    rmSync(aside, { recursive: true, force: true })
  } catch (error) {
    // Somebody else was faster: look at the lock again.
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error
  }
}

/** How to start the npm that runs us, or the one on PATH when this file was started by hand. */
function npmCommand() {
  const { npm_execpath: script, npm_node_execpath: node, npm_config_user_agent: agent = '' } = process.env
  const version = /^npm\/(\d+)/.exec(agent)?.[1]
  if (script && version) {
    if (Number(version) < needed.npm)
      throw new Error(`npm ${needed.npm} or newer is needed, this is npm ${version}`)
    return { file: node ?? process.execPath, first: [script], shell: false }
  }
  return { file: 'npm', first: [], shell: process.platform === 'win32' }
}

/** Runs `npm ci`. Says nothing unless it fails: then everything npm said. */
function install(paths) {
  const { file, first, shell } = npmCommand()
  // NODE_ENV=production or omit=… in somebody's npm configuration would leave out what the scripts need.
  const options = ['--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund']
  // Gone first, so that an interrupted installation is not taken for a finished one.
  rmSync(paths.marker, { force: true })
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...first, 'ci', ...options], {
      cwd: paths.root,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = []
    child.stdout.on('data', (chunk) => said.push(chunk))
    child.stderr.on('data', (chunk) => said.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) return resolve()
      process.stderr.write(Buffer.concat(said))
      reject(new Error(`npm ci ended with ${code ?? 'a signal'}`))
    })
  })
}

/** Writes down that `hash` is installed, and which Node the scripts run on. */
function mark(paths, hash) {
  let runtime = 'own'
  if (bringsNode(paths)) {
    if (nodeRuns(paths)) runtime = 'brought'
    // It would hide the Node on PATH, which is the only one that can work here.
    else rmSync(paths.node, { force: true })
  }
  writeFileSync(paths.marker, `${hash} ${runtime}\n`)
  return runtime
}

/** Installs `root` if it is not installed, and returns `brought` or `own`. Safe to run twice at once. */
export async function setUp(root, say = console.log) {
  const paths = pathsOf(root)
  for (;;) {
    const hash = createHash('sha256').update(readFileSync(paths.lockFile)).digest('hex')
    const ready = runtimeReady(paths, hash)
    if (ready) {
      const known = existsSync(paths.marker) && readFileSync(paths.marker, 'utf8').startsWith(`${hash} `)
      if (!known) mark(paths, hash)
      return ready
    }
    const release = await takeLock(paths)
    if (!release) continue
    try {
      // The holder before us may have done it.
      if (runtimeReady(paths, hash)) continue
      const began = Date.now()
      await install(paths)
      say(
        `sallyport: installed the packages of package-lock.json (${Math.ceil((Date.now() - began) / 1000)} s)`,
      )
      return mark(paths, hash)
    } finally {
      release()
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    // A folder named on the command line has packages of its own and runs on the repository's Node.
    const [, , folder = '.'] = process.argv
    const runtime = await setUp(join(fileURLToPath(new URL('..', import.meta.url)), folder))
    if (folder === '.' && runtime === 'own' && !isRecentNode(process.version)) {
      throw new Error(
        `this repository brings no Node for ${process.platform}-${process.arch}, and the Node here is ` +
          `${process.version}. Install Node ${needed.node.join('.')} or newer (https://nodejs.org) and run this again.`,
      )
    }
  } catch (error) {
    console.error(`sallyport: ${error.message}`)
    process.exitCode = 1
  }
}
