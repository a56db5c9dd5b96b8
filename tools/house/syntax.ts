/** What the language offers and this house does not use. */
import type { Node } from 'oxc-parser'
import { type Finding, finding, type Source, walk } from './source.ts'

function refused(node: Node): readonly [rule: string, message: string] | undefined {
  switch (node.type) {
    case 'TSAnyKeyword':
      return ['any', 'any turns the compiler off: say unknown and narrow it']
    case 'TSNonNullExpression':
      return ['non-null', '`!` hides a case: handle it']
    case 'VariableDeclarator':
    case 'PropertyDefinition':
      return node.definite ? ['non-null', '`!` hides a case: give it a value'] : undefined
    case 'TSEnumDeclaration':
      return ['enum', 'an enum cannot be stripped: use a union of strings']
    case 'ExportDefaultDeclaration':
    case 'TSExportAssignment':
      return ['default-export', 'a default export has a different name in every file: export a name']
    case 'ExportSpecifier':
      return 'name' in node.exported && node.exported.name === 'default'
        ? ['default-export', 'a default export has a different name in every file: export a name']
        : undefined
    default:
      return undefined
  }
}

/** `any`, `!`, enums and default exports. */
export function checkSyntax(source: Source): readonly Finding[] {
  const findings: Finding[] = source.errors.map((message) => ({
    path: source.path,
    line: 1,
    rule: 'syntax',
    message,
  }))
  walk(source.program, (node) => {
    const [rule, message] = refused(node) ?? []
    if (rule !== undefined && message !== undefined) findings.push(finding(source, node, rule, message))
  })
  return findings
}
