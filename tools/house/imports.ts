/** What a file imports, in every way TypeScript can say it. */

import { dirname, join } from 'node:path/posix'
import type { Node } from 'oxc-parser'
import { type Source, walk } from './source.ts'

/** One import, re-export, dynamic import or type import. */
export interface Import {
  readonly node: Node
  /** As written; undefined when a dynamic import computes it. */
  readonly target: string | undefined
  /** The names taken; empty for the whole module. */
  readonly names: readonly string[]
  /** Whether nothing of it is left at run time. */
  readonly typeOnly: boolean
}

const nameOf = (node: Node): string => ('name' in node && typeof node.name === 'string' ? node.name : '')

function importOf(node: Node): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration': {
      const names = node.specifiers.map((one) =>
        one.type === 'ImportSpecifier' ? nameOf(one.imported) : '*',
      )
      // `import { type A }` still loads the module: only `import type` disappears.
      return { node, target: node.source.value, names, typeOnly: node.importKind === 'type' }
    }
    case 'ExportNamedDeclaration': {
      if (!node.source) return undefined
      const names = node.specifiers.map((one) => nameOf(one.local))
      return { node, target: node.source.value, names, typeOnly: node.exportKind === 'type' }
    }
    case 'ExportAllDeclaration':
      return { node, target: node.source.value, names: ['*'], typeOnly: node.exportKind === 'type' }
    case 'ImportExpression': {
      const target = node.source.type === 'Literal' ? String(node.source.value) : undefined
      return { node, target, names: ['*'], typeOnly: false }
    }
    case 'TSImportType':
      return { node, target: node.source.value, names: ['*'], typeOnly: true }
    default:
      return undefined
  }
}

/** Everything `source` imports, in source order. */
export function importsOf(source: Source): readonly Import[] {
  const found: Import[] = []
  walk(source.program, (node) => {
    const one = importOf(node)
    if (one) found.push(one)
  })
  return found
}

/** The repository path of a relative import, or undefined for a package name. */
export function resolveImport(from: string, target: string): string | undefined {
  return target.startsWith('.') ? join(dirname(from), target) : undefined
}
