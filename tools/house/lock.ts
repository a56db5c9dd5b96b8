/** Whether package-lock.json names every package: `npm ci` refuses one with holes, on every machine but the one that made it. */
import type { Finding } from './source.ts'

interface LockEntry {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The part of package-lock.json that lists packages by where they are installed. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

/** Whether Node's way up from `path` finds `name`. */
function isFound(packages: Lock['packages'], path: string, name: string): boolean {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    if (`${from === '' ? '' : `${from}/`}node_modules/${name}` in packages) return true
    if (from === '') return false
    // A workspace is not below node_modules; the next way up is the repository.
    if (!from.includes('/node_modules/') && `node_modules/${name}` in packages) return true
  }
}

/** Packages another package asks for that have no entry; a registry without some platform's package leaves such holes. */
export function checkLock(path: string, lock: Lock): readonly Finding[] {
  return Object.entries(lock.packages).flatMap(([from, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !isFound(lock.packages, from, name))
      .map((name) => ({
        path,
        line: 1,
        rule: 'lock',
        message: `${name}, which ${from || 'the repository'} asks for, has no entry`,
      })),
  )
}
