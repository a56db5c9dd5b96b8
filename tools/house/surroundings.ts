/** The clock, chance and the environment: each is read in one place and passed on as a value. */
import type { Node } from 'oxc-parser'
import { type Finding, finding, identifierName, propertyName, type Source, walk } from './source.ts'

/** Files that may ask what time it is. */
const clocks: ReadonlySet<string> = new Set([
  'packages/server/src/server/clock.ts',
  'packages/guard/src/remote/clock.ts',
  'packages/client/src/clock.ts',
  // Part of a script for pages, which can import nothing.
  'packages/client/src/widget/page.ts',
])
/** Files that may read process.env. */
const configs: ReadonlySet<string> = new Set(['packages/server/src/server/config.ts'])
const processModules: ReadonlySet<unknown> = new Set(['process', 'node:process'])

/** Names for `process` itself: the global one and those of a default or namespace import. */
function processNames(source: Source): ReadonlySet<string | undefined> {
  const names = new Set<string | undefined>(['process'])
  for (const node of source.program.body) {
    if (node.type !== 'ImportDeclaration' || !processModules.has(node.source.value)) continue
    for (const one of node.specifiers) if (one.type !== 'ImportSpecifier') names.add(one.local.name)
  }
  return names
}

function readsTime(node: Node): string | undefined {
  if (
    node.type === 'NewExpression' &&
    identifierName(node.callee) === 'Date' &&
    node.arguments.length === 0
  ) {
    return 'new Date()'
  }
  if (node.type === 'CallExpression' && identifierName(node.callee) === 'Date') return 'Date()'
  if (node.type !== 'MemberExpression') return undefined
  const name = `${identifierName(node.object)}.${propertyName(node)}`
  return name === 'Date.now' || name === 'Math.random' ? name : undefined
}

function readsEnvironment(node: Node, names: ReadonlySet<string | undefined>): boolean {
  const isProcess = (of: Node | null): boolean =>
    of !== null && (names.has(identifierName(of) ?? '') || propertyName(of) === 'process')
  if (node.type === 'MemberExpression') return propertyName(node) === 'env' && isProcess(node.object)
  if (node.type === 'VariableDeclarator') {
    if (node.id.type !== 'ObjectPattern' || !isProcess(node.init)) return false
    return node.id.properties.some((one) => one.type === 'RestElement' || identifierName(one.key) === 'env')
  }
  if (node.type !== 'ImportDeclaration' || !processModules.has(node.source.value)) return false
  return node.specifiers.some(
    (one) => one.type === 'ImportSpecifier' && identifierName(one.imported) === 'env',
  )
}

/** The clock or chance, outside the files that may. */
export function checkClock(source: Source): readonly Finding[] {
  if (clocks.has(source.path)) return []
  const findings: Finding[] = []
  walk(source.program, (node) => {
    const name = readsTime(node)
    if (name !== undefined) findings.push(finding(source, node, 'clock', `${name}: take it as a parameter`))
  })
  return findings
}

/** process.env, outside the file that reads the configuration. */
export function checkEnvironment(source: Source): readonly Finding[] {
  if (!source.path.startsWith('packages/') || configs.has(source.path)) return []
  const findings: Finding[] = []
  const names = processNames(source)
  walk(source.program, (node) => {
    if (readsEnvironment(node, names)) {
      findings.push(
        finding(source, node, 'environment', 'only packages/server/src/server/config.ts reads process.env'),
      )
    }
  })
  return findings
}
