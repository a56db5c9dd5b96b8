/** The parameters of a form body, or why it is refused. */
export type FormResult =
  | {
      readonly outcome: 'ok'
      readonly params: ReadonlyMap<string, string>
      readonly lists: ReadonlyMap<string, readonly string[]>
    }
  | { readonly outcome: 'refuse'; readonly description: string }

/** The parameters of a query. `lists` has those that may come several times, and they are nowhere else; `repeated` and `emptied` names are not in `params`, so no one value can be taken for meant. */
export type QueryResult =
  | {
      readonly outcome: 'ok'
      readonly params: ReadonlyMap<string, string>
      readonly lists: ReadonlyMap<string, readonly string[]>
      readonly repeated: readonly string[]
      readonly emptied: readonly string[]
    }
  | { readonly outcome: 'refuse'; readonly description: string }

const maxParameters = 100
const plainName = /^[A-Za-z0-9_.-]{1,40}$/

/** A form-decoded value, or `undefined` when its escapes are malformed or hide a NUL. @see RFC 6749 Appendix B */
export function decodeFormValue(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text.replaceAll('+', ' '))
    return value.includes('\0') || !value.isWellFormed() ? undefined : value
  } catch {
    // decodeURIComponent throws on a malformed escape; a parser answers.
    return undefined
  }
}

function parsePairs(text: string, repeatable: readonly string[]): QueryResult {
  const pieces = text.split('&').filter((piece) => piece !== '')
  if (pieces.length > maxParameters)
    return { outcome: 'refuse', description: `more than ${maxParameters} parameters` }

  const seen = new Map<string, string>()
  const repeated = new Set<string>()
  const lists = new Map<string, readonly string[]>()
  for (const piece of pieces) {
    const cut = piece.indexOf('=')
    const name = decodeFormValue(cut === -1 ? piece : piece.slice(0, cut))
    const value = cut === -1 ? '' : decodeFormValue(piece.slice(cut + 1))
    if (name === undefined || value === undefined)
      return { outcome: 'refuse', description: 'malformed form encoding' }
    if (name === '') return { outcome: 'refuse', description: 'a parameter has no name' }
    if (repeatable.includes(name)) {
      if (value !== '') lists.set(name, [...(lists.get(name) ?? []), value])
      continue
    }
    if (seen.has(name)) repeated.add(name)
    seen.set(name, value)
  }

  const single = [...seen].filter(([name]) => !repeated.has(name))
  return {
    outcome: 'ok',
    params: new Map(single.filter(([, value]) => value !== '')),
    lists,
    repeated: [...repeated],
    emptied: single.filter(([, value]) => value === '').map(([name]) => name),
  }
}

/**
 * Reads a query string, with or without its `?`, telling which names came twice or without a value. `repeatable` names may come
 * several times. @see RFC 6749 §3.1
 */
export function parseQuery(search: string, repeatable: readonly string[] = []): QueryResult {
  return parsePairs(search.startsWith('?') ? search.slice(1) : search, repeatable)
}

/** Reads a form body; a repeated parameter refuses it, one without a value is left out. @see RFC 6749 §3.1, §3.2 */
export function parseForm(body: string, repeatable: readonly string[] = []): FormResult {
  const result = parsePairs(body, repeatable)
  if (result.outcome === 'refuse') return result
  const [first] = result.repeated
  if (first === undefined) return { outcome: 'ok', params: result.params, lists: result.lists }
  return {
    outcome: 'refuse',
    description: `${plainName.test(first) ? `parameter ${first}` : 'a parameter'} is repeated`,
  }
}
