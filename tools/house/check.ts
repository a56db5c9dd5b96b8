/** All rules over all files. */
import { checkCycles } from './cycles.ts'
import { checkDeclared, type Manifest } from './declared.ts'
import { checkExports } from './exports.ts'
import { checkContract, checkLayers } from './layers.ts'
import { checkLock, type Lock } from './lock.ts'
import { checkSize } from './size.ts'
import { type Finding, parseSource, type Source } from './source.ts'
import { checkClock, checkEnvironment } from './surroundings.ts'
import { checkSyntax } from './syntax.ts'
import { checkTests } from './tests.ts'
import { checkNames, checkWords } from './words.ts'

/** The text of every file, by path relative to the repository. */
export type Files = ReadonlyMap<string, string>

const isScript = (path: string): boolean => path.endsWith('.ts') && !path.endsWith('.d.ts')
const isProduct = (path: string): boolean =>
  /^(packages|platforms)\/[^/]+\/src\//.test(path) && isScript(path)
const isTest = (path: string): boolean =>
  /^(?:(packages|platforms)\/[^/]+\/|tools\/)?test\//.test(path) && isScript(path)
const isTool = (path: string): boolean => /^(tools|bench)\//.test(path) && isScript(path) && !isTest(path)

/** Who imports a file decides nothing here: each rule sees one file. */
function checkProduct(source: Source, files: Files): readonly Finding[] {
  const manifest = files.get(`${source.path.split('/').slice(0, 2).join('/')}/package.json`) ?? '{}'
  return [
    ...checkLayers(source),
    ...checkContract(source),
    ...checkDeclared(source, JSON.parse(manifest) as Manifest),
    ...checkClock(source),
    ...checkEnvironment(source),
    ...checkShape(source),
  ]
}

function checkShape(source: Source): readonly Finding[] {
  return [...checkNames(source.path), ...checkSyntax(source), ...checkSize(source), ...checkExports(source)]
}

/** Every broken rule in `files`, in the order of the files. */
export function checkFiles(files: Files): readonly Finding[] {
  const parse = (is: (path: string) => boolean): readonly Source[] =>
    [...files].filter(([path]) => is(path)).map(([path, text]) => parseSource(path, text))
  const product = parse(isProduct)
  const locks = ['package-lock.json', 'bench/package-lock.json', 'test/interop/conformance/package-lock.json']
  return [
    ...product.flatMap((source) => checkProduct(source, files)),
    ...checkCycles(product),
    ...parse(isTool).flatMap(checkShape),
    ...parse(isTest).flatMap(checkTests),
    ...[...files].flatMap(([path, text]) => checkWords(path, text)),
    ...locks.flatMap((path) => checkLock(path, JSON.parse(files.get(path) ?? '{"packages":{}}') as Lock)),
  ].sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line)
}
