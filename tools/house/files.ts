/** The files of the repository. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const left = /(^|\/)(node_modules|dist|\.git|\.cache)(\/|$)|^data\//

/** Every text file that is committed or about to be, relative to `root`, with forward slashes. */
function listFiles(root: string): readonly string[] {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const listed =
    git.status === 0
      ? git.stdout.split('\0').filter((path) => path !== '')
      : // An archive without .git.
        globSync('**/*', { cwd: root, exclude: (path) => left.test(path) }).filter((path) =>
          statSync(join(root, path)).isFile(),
        )
  return [...new Set(listed.map((path) => path.replaceAll('\\', '/')))]
    .filter((path) => !left.test(path) && existsSync(join(root, path)))
    .sort()
}

/** The text of a file, or undefined for one that is not text. */
function readText(root: string, path: string): string | undefined {
  const bytes = readFileSync(join(root, path))
  return bytes.subarray(0, 8000).includes(0) ? undefined : bytes.toString('utf8')
}

/** The text of every text file below `root`, by path. */
export function readFiles(root: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const path of listFiles(root)) {
    const text = readText(root, path)
    if (text !== undefined) files.set(path, text)
  }
  return files
}
