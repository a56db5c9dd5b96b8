/** The import rule: which folder and which package may import which. */
import { type Import, importsOf, resolveImport } from './imports.ts'
import { type Finding, finding, type Source } from './source.ts'

/** Folders of packages/server/src, lowest first. Those on one line do not import each other. */
const steps: readonly (readonly string[])[] = [
  ['crypto', 'settings', 'net'],
  ['pages', 'store'],
  ['grants', 'checks', 'accounts'],
  ['doors'],
  ['server'],
  ['cli'],
]
/** The guard is a check put in front of somebody else's API: nothing below the checks needs it. */
const guardFrom = 2
const serverRoot = 'packages/server/src/'
const driver = /^packages\/server\/src\/store\/(sqlite|postgres)(\/|\.ts$)/
/** May import a file somebody names: their configuration. Anywhere else nobody could tell what is imported. */
const loader = `${serverRoot}server/config.ts`
const driverChooser = `${serverRoot}server/create.ts`
const clientOnNode = 'packages/client/src/file.ts'
/** What the doors serve to pages; of the client the server needs nothing else. */
const pageScript = '@sallyport/client/widget-script'
/** The rules of the protocol are the same every time: no clock, no chance, so nothing else of node:crypto. */
const pureCrypto: ReadonlySet<string> = new Set(['createHash', 'timingSafeEqual'])

const folderOf = (path: string): string | undefined =>
  path.startsWith(serverRoot) ? path.slice(serverRoot.length).split('/').slice(0, -1)[0] : undefined
const stepOf = (folder: string): number => steps.findIndex((step) => step.includes(folder))
/** `packages/guard/` for `packages/guard/src/facts.ts`. */
const packageRootOf = (path: string): string => `${path.split('/').slice(0, 2).join('/')}/`

function checkFolders(path: string, target: string): string | undefined {
  const from = folderOf(path)
  if (from === undefined) return undefined
  if (stepOf(from) < 0) return `${from}/ has no place in the import order`
  if (target === '@sallyport/guard' || target.startsWith('@sallyport/guard/')) {
    return stepOf(from) < guardFrom ? `${from}/ may not import ${target}` : undefined
  }
  if (target.startsWith('@sallyport/client'))
    return from === 'doors' && target === pageScript ? undefined : `${from}/ may not import ${target}`
  const resolved = resolveImport(path, target)
  const into = resolved === undefined ? undefined : folderOf(resolved)
  if (resolved?.startsWith(serverRoot) && into === undefined)
    return `${from}/ may not import the package's index`
  if (into === undefined || into === from) return undefined
  return stepOf(into) >= stepOf(from) || stepOf(into) < 0 ? `${from}/ may not import ${into}/` : undefined
}

function checkDriver(path: string, target: string): string | undefined {
  const resolved = resolveImport(path, target)
  const chosen = resolved === undefined ? undefined : driver.exec(resolved)?.[1]
  if (chosen === undefined || path === driverChooser || driver.exec(path)?.[1] === chosen) return undefined
  return `only ${driverChooser} chooses a driver`
}

function checkProtocol(target: string, { names, typeOnly }: Import): string | undefined {
  if (target.startsWith('.')) return undefined
  if (target !== 'node:crypto') return `protocol may not import ${target}`
  const impure = typeOnly ? undefined : names.find((name) => !pureCrypto.has(name))
  return impure === undefined ? undefined : `protocol may not import ${impure} of node:crypto`
}

function checkGuard(target: string): string | undefined {
  const known = target.startsWith('.') || target.startsWith('node:') || target === '@sallyport/protocol'
  return known ? undefined : `guard may not import ${target}`
}

/** The client runs anywhere: only the file storage may use what Node alone has. */
function checkClient(path: string, target: string): string | undefined {
  const known = target.startsWith('.') || (target.startsWith('node:') && path === clientOnNode)
  return known ? undefined : `client may not import ${target}`
}

function checkImport(path: string, target: string, one: Import): string | undefined {
  const resolved = resolveImport(path, target)
  if (resolved !== undefined && !resolved.startsWith(packageRootOf(path))) {
    return `${target} is in another package: import it by the package's name`
  }
  if (path.startsWith('packages/protocol/')) return checkProtocol(target, one)
  if (path.startsWith('packages/guard/')) return checkGuard(target)
  if (path.startsWith('packages/client/')) return checkClient(path, target)
  return checkFolders(path, target) ?? checkDriver(path, target)
}

/** Imports against the order of the folders and packages. */
export function checkLayers(source: Source): readonly Finding[] {
  return importsOf(source).flatMap((one) => {
    const computed = source.path === loader ? undefined : 'import() of a computed name'
    const message = one.target === undefined ? computed : checkImport(source.path, one.target, one)
    return message === undefined ? [] : [finding(source, one.node, 'import', message)]
  })
}

/** `store/contract` says what a store is: with a statement that runs it would already be one. */
export function checkContract(source: Source): readonly Finding[] {
  if (!/^packages\/server\/src\/store\/contract(\/|\.ts$)/.test(source.path)) return []
  return source.program.body
    .filter((node) => {
      if (node.type === 'ImportDeclaration') return node.importKind !== 'type'
      if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration')
        return node.exportKind !== 'type'
      return node.type !== 'TSInterfaceDeclaration' && node.type !== 'TSTypeAliasDeclaration'
    })
    .map((node) => finding(source, node, 'types-only', 'store/contract has types only'))
}
