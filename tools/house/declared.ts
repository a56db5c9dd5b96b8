/** Whether a package declares what it imports: npm's flat node_modules hides what is missing until somebody installs it alone. */
import { importsOf } from './imports.ts'
import { type Finding, finding, type Source } from './source.ts'

/** The part of a package.json that says what may be imported. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** `@scope/name` of `@scope/name/deep/file`. */
function packageNameOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Bare imports that the package of `source` does not declare. */
export function checkDeclared(source: Source, manifest: Manifest): readonly Finding[] {
  const atRuntime = {
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
    ...manifest.dependencies,
  }
  const atAll = { ...manifest.devDependencies, ...atRuntime }
  return importsOf(source).flatMap(({ node, target, typeOnly }) => {
    if (target === undefined || target.startsWith('.') || target.startsWith('node:')) return []
    const name = packageNameOf(target)
    // A type-only import may come from @types/name, which only development installs.
    const typed = `@types/${name.replace(/^@/, '').replace('/', '__')}`
    if (name in atRuntime || (typeOnly && (name in atAll || typed in atAll))) return []
    return [finding(source, node, 'undeclared', `${name} is not declared in this package's package.json`)]
  })
}
