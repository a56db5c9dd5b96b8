/** How long a file and a function may be, and how many parameters it may take. */
import { type Finding, finding, lineAt, type Source, walk } from './source.ts'

/** A file that fits three screens, a function that fits one. */
export const limits = { fileLines: 300, functionLines: 60, parameters: 4 }

const functions: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'TSDeclareFunction',
  'TSEmptyBodyFunctionExpression',
  'TSFunctionType',
  'TSMethodSignature',
])

/** Files, functions and parameter lists over the limits. */
export function checkSize(source: Source): readonly Finding[] {
  const findings: Finding[] = []
  const lines = source.text.replace(/\n$/, '').split('\n').length
  if (lines > limits.fileLines) {
    findings.push({
      path: source.path,
      line: 1,
      rule: 'file-lines',
      message: `${lines} lines, at most ${limits.fileLines}`,
    })
  }
  walk(source.program, (node) => {
    if (!functions.has(node.type) || !('params' in node) || !Array.isArray(node.params)) return
    const long = lineAt(source, node.end) - lineAt(source, node.start) + 1
    if (long > limits.functionLines) {
      findings.push(
        finding(source, node, 'function-lines', `function of ${long} lines, at most ${limits.functionLines}`),
      )
    }
    // `this` is declared like a parameter but nobody passes it.
    const count = node.params.filter((one) => !('name' in one && one.name === 'this')).length
    if (count > limits.parameters) {
      findings.push(finding(source, node, 'parameters', `${count} parameters, at most ${limits.parameters}`))
    }
  })
  return findings
}
