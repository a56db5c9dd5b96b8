/** Writes a page for every error code, from the same texts as the pages under `/errors/`. `--check` only compares. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { statusOf } from '@sallyport/protocol'
import { errorTexts } from '../../packages/server/src/doors/system/error-texts.ts'

const folder = join(import.meta.dirname, '../../docs/errors')

/** The pages by file name. */
export function errorPages(): ReadonlyMap<string, string> {
  const codes = Object.entries(errorTexts).map(([code, text]) => ({
    code,
    ...text,
    status: statusOf(code as keyof typeof errorTexts),
  }))
  const pages = codes.map(
    ({ code, status, meaning, remedy }) =>
      [`${code}.md`, `# ${code}\n\nHTTP ${status}\n\n${meaning}\n\n## What to do\n\n${remedy}\n`] as const,
  )
  const index = codes.map(({ code, status, meaning }) => `| [${code}](${code}.md) | ${status} | ${meaning} |`)
  return new Map([
    ...pages,
    ['README.md', `# Error codes\n\n| code | status | |\n|---|---|---|\n${index.join('\n')}\n`],
  ])
}

/** The pages that differ from what is in `docs/errors`. */
export function stalePages(): readonly string[] {
  const kept = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8')
    } catch {
      // Not written yet.
      return undefined
    }
  }
  return [...errorPages()].filter(([name, page]) => kept(name) !== page).map(([name]) => name)
}

if (import.meta.main) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, page] of errorPages()) writeFileSync(join(folder, name), page)
}
