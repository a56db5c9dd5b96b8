/** Whether everything exported says what it is. */
import type { Node } from 'oxc-parser'
import { type Finding, finding, type Source } from './source.ts'

/** Whether a doc comment with a sentence in it, not only tags, ends right above `node`. */
function isDocumented(source: Source, node: Node): boolean {
  const above = source.comments.filter((comment) => comment.end <= node.start)
  for (const comment of above.reverse()) {
    const nothingBetween = source.text.slice(comment.end, node.start).trim() === ''
    if (comment.type === 'Block' && comment.value.startsWith('*')) {
      return nothingBetween && /^[\s*]*[^\s*@]/.test(comment.value.slice(1))
    }
    if (!nothingBetween) return false
    // A line comment may stand between, for a linter or a reason: look above it.
    return isDocumented(source, { ...node, start: comment.start })
  }
  return false
}

/** The names a statement declares. */
function namesOf(node: Node | null): readonly string[] {
  if (!node) return []
  if (node.type === 'VariableDeclaration')
    return node.declarations.flatMap((one) => ('name' in one.id ? [one.id.name] : []))
  return 'id' in node && node.id && 'name' in node.id && typeof node.id.name === 'string'
    ? [node.id.name]
    : []
}

function isIndex(path: string): boolean {
  return path.endsWith('/index.ts')
}

/** Exports without a doc comment. Re-exports in an index.ts are excepted: the comment is where the thing is. */
export function checkExports(source: Source): readonly Finding[] {
  const { body } = source.program
  const documented = new Set(
    body
      .filter((node) => isDocumented(source, node))
      .flatMap((node) => {
        return namesOf(node.type === 'ExportNamedDeclaration' ? node.declaration : node)
      }),
  )
  return body.flatMap((node) => {
    if (node.type === 'ExportAllDeclaration') {
      return isIndex(source.path) || isDocumented(source, node) ? [] : [say(source, node, '*')]
    }
    if (node.type !== 'ExportNamedDeclaration') return []
    if (node.source && isIndex(source.path)) return []
    if (isDocumented(source, node)) return []
    // One comment speaks for all overloads of a function, and for a name exported further down.
    const names = node.source
      ? []
      : [...namesOf(node.declaration), ...node.specifiers.map((one) => localName(one.local))]
    if (names.length > 0 && names.every((name) => documented.has(name))) return []
    return [say(source, node, names.join(', ') || 'this')]
  })
}

const localName = (node: Node): string => ('name' in node && typeof node.name === 'string' ? node.name : '')

function say(source: Source, node: Node, name: string): Finding {
  return finding(source, node, 'undocumented', `${name} is exported without a doc comment`)
}
