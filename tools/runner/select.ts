/** Which test files to run. */
import { globSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

const everything = [
  'packages/*/test/**/*.test.ts',
  'platforms/*/test/**/*.test.ts',
  'tools/test/**/*.test.ts',
  'test/**/*.test.ts',
]

/** Test files below `root` that match the patterns, files or folders in `asked`; all of them when nothing is asked. */
export function selectFiles(root: string, asked: readonly string[]): readonly string[] {
  const patterns = asked.map((one) => {
    const folder = statSync(resolve(root, one), { throwIfNoEntry: false })?.isDirectory() === true
    return folder ? join(one, '**/*.test.ts') : one
  })
  const found = globSync(patterns.length > 0 ? patterns : everything, { cwd: root })
  const files = found.map((path) => relative(root, resolve(root, path)))
  return [...new Set(files)]
    .filter((path) => /\.test\.[cm]?[jt]s$/.test(path) && !/(^|[\\/])node_modules[\\/]/.test(path))
    .sort()
}
