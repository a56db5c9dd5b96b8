/** What must not be in any file of the repository, and names that say nothing. */
import type { Finding } from './source.ts'

// Written so that no pattern matches this file.
const words: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/(?<![\w.-])[/]work[/]/, 'a path of one machine'],
  [/(?<![\w.-])[/]root[/]/, 'a path of one machine'],
  [/(?<![\w.-])[/]tmp[/]bash_jobs/, 'a path of one machine'],
  [/\bregistry\.[a-z0-9-]+\.(?:org|com|net|io|dev|cloud|internal|local)\b/, 'the host of a package registry'],
  [/https?:[/][/][^/\s"']*(?:artifactory|verdaccio|nexus)/, 'the host of a package registry'],
  [/"resolved": "https?:/, 'the host of a package registry'],
]

/** A file name that would hold anything. */
const emptyNames = /(^|-)(utils?|helpers?|common|manager|service|base)(?=\.|$)/

/** Words of one machine in `text`: they are wrong on every other. */
export function checkWords(path: string, text: string): readonly Finding[] {
  return text.split('\n').flatMap((content, index) =>
    words
      .filter(([pattern]) => pattern.test(content))
      .map(([pattern, what]) => ({
        path,
        line: index + 1,
        rule: 'words',
        message: `${what}: ${pattern.exec(content)?.[0]}`,
      })),
  )
}

/** Folders and files named after nothing. */
export function checkNames(path: string): readonly Finding[] {
  const empty = path.split('/').find((part) => emptyNames.test(part))
  return empty === undefined
    ? []
    : [{ path, line: 1, rule: 'name', message: `${empty} says nothing about what is in it` }]
}
