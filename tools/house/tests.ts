/** No test passes by asserting nothing, and none is left out in silence. */
import type { CallExpression, Node } from 'oxc-parser'
import { hasAssertion, isAssertingName, type Vocabulary, vocabularyOf } from './assertions.ts'
import { type Finding, finding, identifierName, propertyName, type Source, walk } from './source.ts'

const runners: ReadonlySet<string> = new Set(['test', 'it', 'describe', 'suite'])
const left: ReadonlySet<string> = new Set(['skip', 'todo'])

const isFunction = (node: Node | undefined): boolean =>
  node?.type === 'ArrowFunctionExpression' || node?.type === 'FunctionExpression'

/** `test` for `test(…)`, `t.test(…)` and `test.only(…)`. */
function runnerOf(
  call: CallExpression,
): { readonly name: string; readonly variant: string | undefined } | undefined {
  const direct = identifierName(call.callee)
  if (direct !== undefined) return runners.has(direct) ? { name: direct, variant: undefined } : undefined
  if (call.callee.type !== 'MemberExpression') return undefined
  const property = propertyName(call.callee) ?? ''
  const object = identifierName(call.callee.object) ?? ''
  if (runners.has(object)) return { name: object, variant: property }
  // `/pattern/.test(text)` is no test: the last argument of one is what it runs.
  const nested = runners.has(property) && isFunction(call.arguments.at(-1))
  return nested ? { name: property, variant: undefined } : undefined
}

/** Whether an option can give a reason: a string somewhere, or a value made elsewhere. */
function givesReason(node: Node): boolean {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value !== '' : node.value === false
    case 'ConditionalExpression':
      return givesReason(node.consequent) && givesReason(node.alternate)
    case 'LogicalExpression':
      return givesReason(node.right)
    case 'UnaryExpression':
      return false
    case 'BinaryExpression':
      return node.operator === '+'
    default:
      return true
  }
}

/** The options given to a test that name `key`. */
function optionOf(call: CallExpression, key: string): Node | undefined {
  for (const one of call.arguments) {
    if (one.type !== 'ObjectExpression') continue
    for (const property of one.properties) {
      if (property.type === 'Property' && identifierName(property.key) === key) return property.value
    }
  }
  return undefined
}

function checkLeftOut(source: Source, call: CallExpression): readonly Finding[] {
  const { variant } = runnerOf(call) ?? {}
  const findings: Finding[] = []
  if (variant === 'only' || optionOf(call, 'only')) {
    findings.push(finding(source, call, 'only', 'only leaves out every other test'))
  }
  for (const key of left) {
    const option = optionOf(call, key)
    const silent = option ? !givesReason(option) : variant === key
    if (silent) findings.push(finding(source, call, key, `${key} without a reason`))
  }
  return findings
}

/** `t.skip()` inside a test. */
function checkSkipCall(source: Source, call: CallExpression): readonly Finding[] {
  const name = propertyName(call.callee)
  if (name === undefined || !left.has(name) || runnerOf(call) || !isContext(call)) return []
  const [reason] = call.arguments
  return reason && givesReason(reason) ? [] : [finding(source, call, name, `${name} without a reason`)]
}

const isContext = (call: CallExpression): boolean =>
  call.callee.type === 'MemberExpression' &&
  /^(t|context|ctx)$/.test(identifierName(call.callee.object) ?? '')

function checkAsserts(source: Source, call: CallExpression, words: Vocabulary): readonly Finding[] {
  const { name, variant } = runnerOf(call) ?? {}
  if ((name !== 'test' && name !== 'it') || variant === 'todo') return []
  const run = call.arguments.at(-1)
  if (run && (isFunction(run) || run.type === 'CallExpression') && hasAssertion(run, words)) return []
  if (run && isAssertingName(run, words)) return []
  return [finding(source, call, 'asserts-nothing', 'a test that asserts nothing cannot fail')]
}

/** An assertion that answers with a promise nobody waits for: it fails after the test has passed. */
function checkAwaited(source: Source, call: CallExpression, parent: Node | undefined): readonly Finding[] {
  if (parent?.type !== 'ExpressionStatement' && parent?.type !== 'UnaryExpression') return []
  const name = propertyName(call.callee) ?? ''
  const [first] = call.arguments
  const isProperty = first?.type === 'CallExpression' && propertyName(first.callee) === 'asyncProperty'
  if (!isProperty && name !== 'rejects' && name !== 'doesNotReject') return []
  return [finding(source, call, 'not-awaited', `${name} is not awaited`)]
}

/** The rules for files below a test folder. */
export function checkTests(source: Source): readonly Finding[] {
  const words = vocabularyOf(source)
  const findings: Finding[] = []
  walk(source.program, (node, parents) => {
    if (node.type !== 'CallExpression') return
    findings.push(
      ...(runnerOf(node) ? checkLeftOut(source, node) : checkSkipCall(source, node)),
      ...checkAsserts(source, node, words),
      ...checkAwaited(source, node, parents.at(-1)),
    )
  })
  return findings
}
