/** Which calls of a test file assert something. */
import type { CallExpression, Node } from 'oxc-parser'
import { resolveImport } from './imports.ts'
import { childrenOf, identifierName, propertyName, type Source, walk } from './source.ts'

const helperName = /^(expect|check|assert)([A-Z].*)?$/

/** What a test file calls things, and which of its own functions assert. */
export interface Vocabulary {
  /** Functions declared in the file, by name. */
  readonly own: ReadonlyMap<string, Node>
  /** Names taken from the code under test: its `checkApiKey` answers, it asserts nothing. */
  readonly underTest: ReadonlySet<string>
  readonly imported: ReadonlySet<string>
}

function isSupport(path: string, target: string): boolean {
  if (target.startsWith('node:assert') || target === 'fast-check') return true
  const resolved = resolveImport(path, target)
  return resolved !== undefined && /(^|\/)test\//.test(resolved) && !/\/src\//.test(resolved)
}

/** Reads the imports and the functions of a test file. */
export function vocabularyOf(source: Source): Vocabulary {
  const own = new Map<string, Node>()
  const underTest = new Set<string>()
  const imported = new Set<string>()
  for (const node of source.program.body) {
    if (node.type !== 'ImportDeclaration') continue
    for (const one of node.specifiers) {
      imported.add(one.local.name)
      if (!isSupport(source.path, node.source.value)) underTest.add(one.local.name)
    }
  }
  walk(source.program, (node) => {
    if (node.type === 'FunctionDeclaration' && node.id && node.body) own.set(node.id.name, node.body)
    if (node.type === 'VariableDeclarator' && node.init && /Function/.test(node.init.type)) {
      const name = identifierName(node.id)
      if (name !== undefined) own.set(name, node.init)
    }
  })
  return { own, underTest, imported }
}

/** `assert.equal(1, 1)` holds whatever the code does. */
function comparesConstants(call: CallExpression): boolean {
  return call.arguments.every((one) => one.type === 'Literal')
}

/** Whether a call through a member asserts: `assert.equal`, `t.assert.ok`, `fc.assert`, `page.expectText`. */
function isAssertingMember(callee: Node, { underTest }: Vocabulary): boolean {
  if (callee.type !== 'MemberExpression') return false
  const object = identifierName(callee.object)
  if (object === 'assert' || propertyName(callee.object) === 'assert') return true
  const name = propertyName(callee) ?? ''
  if (object !== undefined && underTest.has(object)) return false
  // `guard.check(…)` is what is being tested; `assert…` and `expect…` are nobody's product.
  return /^(expect|assert)([A-Z].*)?$/.test(name) || /^check[A-Z]/.test(name)
}

/** Whether `call` asserts something, itself or through a function declared in the file. */
export function isAssertion(call: CallExpression, words: Vocabulary, seen: readonly string[] = []): boolean {
  if (isAssertingMember(call.callee, words)) return !comparesConstants(call)
  const name = identifierName(call.callee)
  if (name === undefined || seen.includes(name)) return false
  const body = words.own.get(name)
  if (body) return hasAssertion(body, words, [...seen, name])
  return helperName.test(name) && !words.underTest.has(name) && !comparesConstants(call)
}

/** Whether anything below `node` asserts. */
export function hasAssertion(node: Node, words: Vocabulary, seen: readonly string[] = []): boolean {
  if (node.type === 'CallExpression' && isAssertion(node, words, seen)) return true
  // A function handed on by name is taken as called: `rows.forEach(expectRow)`.
  if (node.type === 'CallExpression' && node.arguments.some((one) => isAssertingName(one, words, seen)))
    return true
  return childrenOf(node).some((child) => hasAssertion(child, words, seen))
}

/** Whether `node` is the name of a function that asserts. */
export function isAssertingName(node: Node, words: Vocabulary, seen: readonly string[] = []): boolean {
  const name = identifierName(node)
  if (name === undefined || seen.includes(name)) return false
  const body = words.own.get(name)
  if (body) return hasAssertion(body, words, [...seen, name])
  return helperName.test(name) && name !== 'assert' && words.imported.has(name) && !words.underTest.has(name)
}
