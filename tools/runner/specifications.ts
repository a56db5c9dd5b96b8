/** The table of specifications: which test stands for which section, by the tests that ran. */
import { readFileSync } from 'node:fs'

/** A specification that tests name, with the sections that ask something of a server, a guard or a client. */
export interface Specification {
  /** As tests name it: `RFC 7636`, `OpenID Connect Core`. */
  readonly id: string
  readonly title: string
  readonly sections: readonly string[]
  /** Other names for it, as those of a draft. */
  readonly aliases: readonly string[]
}

/** A section that a test's name cites; `section` is empty for a specification as a whole. */
export interface Citation {
  readonly id: string
  readonly section: string
}

/** A test that passed: its file, and its names from the outermost suite inwards. */
export interface PassedTest {
  readonly file: string
  readonly names: readonly string[]
}

/** A test that passed, with what it stands for. */
export interface CitingTest extends PassedTest {
  readonly citations: readonly Citation[]
}

const words = (text: string) => text.split(' ').filter((word) => word !== '')

/** Reads the specifications of a tab-separated file: id, title, sections, other names. Lines that begin with `#` are remarks. */
export function readSpecifications(path: string): readonly Specification[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [id = '', title = '', sections = '', aliases = ''] = line.split('\t')
      return { id, title, sections: words(sections), aliases: words(aliases) }
    })
}

/** Reads which sections the rows of the contract stand for: by row, as a name would cite them. */
export function readRowSections(path: string): ReadonlyMap<string, string> {
  return new Map(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [row = '', cited = ''] = line.split('\t')
        return [row, cited] as const
      }),
  )
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** Finds what texts cite, among the specifications that are known. */
export class Citations {
  readonly #token: RegExp
  readonly #known: ReadonlyMap<string, string>

  constructor(specifications: readonly Specification[]) {
    this.#known = new Map(
      specifications.flatMap(({ id, aliases }) => [id, ...aliases].map((name) => [name, id] as const)),
    )
    // The longest first, so that one name may begin like another.
    const ids = [...this.#known.keys()].toSorted((one, other) => other.length - one.length).map(escaped)
    this.#token = new RegExp(
      String.raw`(${ids.join('|')}|RFC \d+)\b|§ ?([0-9A-Z][0-9A-Za-z-]*(?:\.[0-9]+)*)`,
      'g',
    )
  }

  /** The specification that the first comment of a test file names: what a lone `§` in it is of. */
  home(source: string): string | undefined {
    const comment = /^\/\*\*[\s\S]*?\*\//.exec(source)?.[0] ?? ''
    const named = /sections are those of ([\s\S]+)/.exec(comment)?.[1] ?? comment
    const id = [...named.matchAll(this.#token)].find(([, name]) => name !== undefined)?.[1]
    return id === undefined ? undefined : this.#known.get(id)
  }

  /**
   * What the names of a test cite, outermost first. A lone `§` is of the specification that was named last, in this name
   * or in one around it, else of the file's `home`. Throws for a specification that is not known and a `§` of none.
   */
  of(names: readonly string[], home: string | undefined): readonly Citation[] {
    const cited: Citation[] = []
    let around = home
    for (const name of names) {
      let current = around
      let named: string | undefined
      for (const [token, id, section] of name.matchAll(this.#token)) {
        if (id === undefined) {
          if (current === undefined) throw new Error(`“${name}” cites ${token} of no specification`)
          cited.push({ id: current, section: section ?? '' })
          named = undefined
          continue
        }
        if (named !== undefined) cited.push({ id: named, section: '' })
        current = this.#known.get(id)
        if (current === undefined) throw new Error(`“${name}” cites ${id}, which is not in the list`)
        named = current
      }
      if (named !== undefined) cited.push({ id: named, section: '' })
      around = current
    }
    return cited
  }
}

const cell = (text: string) => text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;')

/** `2.10` after `2.9`. */
const inOrder = new Intl.Collator('en', { numeric: true }).compare

function linesOf(
  { id, title, sections }: Specification,
  tests: ReadonlyMap<string, readonly CitingTest[]>,
): { readonly lines: readonly string[]; readonly open: number } {
  const all = [...new Set([...sections, ...tests.keys()])].toSorted(inOrder)
  const rows = all.flatMap((section) => {
    const shown = section === '' ? 'as a whole' : `§${section}`
    const of = tests.get(section)
    if (of === undefined) return [`| ${shown} | | no test |`]
    return of.map(({ file, names }) => `| ${shown} | ${cell(names.join(' › '))} | ${file} |`)
  })
  const lines = [`## ${id}: ${title}`, '', '| section | test | file |', '|---|---|---|', ...rows, '']
  return { lines, open: all.filter((section) => !tests.has(section)).length }
}

/** The table as a page. */
export function specificationsPage(
  specifications: readonly Specification[],
  passed: readonly CitingTest[],
): string {
  const found = new Map(specifications.map(({ id }) => [id, new Map<string, CitingTest[]>()]))
  for (const test of passed.toSorted((one, other) => inOrder(one.file, other.file))) {
    for (const { id, section } of test.citations) {
      const of = found.get(id)
      const listed = of?.get(section) ?? []
      if (!listed.includes(test)) of?.set(section, [...listed, test])
    }
  }
  const parts = specifications.map((one) => linesOf(one, found.get(one.id) ?? new Map()))
  const sections = specifications.reduce((sum, one) => sum + one.sections.length, 0)
  const open = parts.reduce((sum, part) => sum + part.open, 0)
  return [
    '# Specifications, section by section',
    '',
    'Made by `npm test` from the tests that ran and passed. A test stands under each section that its name, or the name of',
    'a suite around it, cites; the tests of the contract’s rows as `test/vectors/row-sections.tsv` has it. Which sections ask',
    'something of a server, a guard or a client is listed in `test/vectors/specifications.tsv`, with a test or without.',
    '',
    `${sections - open} of ${sections} listed sections have a test.`,
    '',
    ...parts.flatMap(({ lines }) => lines),
  ].join('\n')
}
