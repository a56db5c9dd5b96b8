/** Builds what is published: JavaScript and types of every package, into its dist folder. In the order of their dependencies. */
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const packages = ['protocol', 'guard', 'client', 'server']
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

for (const name of packages) {
  const folder = join(root, 'packages', name)
  if (!existsSync(folder)) continue
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  execFileSync(process.execPath, [compiler, '-p', folder], { stdio: 'inherit' })
}
