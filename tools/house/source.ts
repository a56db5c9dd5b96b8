/** A parsed source file, and how to walk it. Every rule is a function from this to findings. */
import type { Comment, Node, Program } from 'oxc-parser'
import { parseSync } from 'oxc-parser'

/** One broken rule at one place. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

/** A file as the rules see it; `path` is relative to the repository, with forward slashes. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly comments: readonly Comment[]
  readonly errors: readonly string[]
}

/** Parses `text` as TypeScript. A file that does not parse has `errors` and no statements. */
export function parseSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text, { preserveParens: false })
  return { path, text, program, comments, errors: errors.map((error) => error.message) }
}

/** The 1-based line of an offset. */
export function lineAt(source: Source, offset: number): number {
  return source.text.slice(0, offset).split('\n').length
}

/** The finding that `node` breaks `rule`. */
export function finding(
  source: Source,
  node: { readonly start: number },
  rule: string,
  message: string,
): Finding {
  return { path: source.path, line: lineAt(source, node.start), rule, message }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** The nodes directly below `node`, in source order. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flat().filter(isNode)
}

/** Calls `visit` for `node` and everything below it; `parents` is nearest last. */
export function walk(node: Node, visit: (node: Node, parents: readonly Node[]) => void): void {
  const parents: Node[] = []
  const step = (current: Node): void => {
    visit(current, parents)
    parents.push(current)
    for (const child of childrenOf(current)) step(child)
    parents.pop()
  }
  step(node)
}

/** The name a property is read by: `a.b` and `a['b']` both say `b`. */
export function propertyName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined
  if (!node.computed) return 'name' in node.property ? node.property.name : undefined
  return node.property.type === 'Literal' ? String(node.property.value) : undefined
}

/** The name of an identifier, or undefined for any other expression. */
export function identifierName(node: Node | null | undefined): string | undefined {
  return node?.type === 'Identifier' ? node.name : undefined
}
