/** Import cycles. */
import { importsOf, resolveImport } from './imports.ts'
import { type Finding, finding, type Source } from './source.ts'

/** Each cycle once, at the import that closes it. Type-only imports are gone at run time and don't count. */
export function checkCycles(sources: readonly Source[]): readonly Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const findings: Finding[] = []
  const done = new Set<string>()

  const visit = (source: Source, trail: readonly string[]): void => {
    const path = [...trail, source.path]
    for (const { node, target, typeOnly } of importsOf(source)) {
      const to =
        typeOnly || target === undefined ? undefined : byPath.get(resolveImport(source.path, target) ?? '')
      if (!to) continue
      const closes = path.indexOf(to.path)
      if (closes >= 0)
        findings.push(finding(source, node, 'cycle', [...path.slice(closes), to.path].join(' → ')))
      else if (!done.has(to.path)) visit(to, path)
    }
    done.add(source.path)
  }
  for (const source of sources) if (!done.has(source.path)) visit(source, [])
  return findings
}
