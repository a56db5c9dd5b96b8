/** A set of scope values, sorted and without duplicates. @see RFC 6749 §3.3 */
export type Scope = readonly string[]

const value = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** The set that `text` names, or `undefined` when it is empty or breaks the grammar. @see RFC 6749 §3.3 */
export function parseScope(text: string): Scope | undefined {
  const values = text.split(' ')
  if (!values.every((part) => value.test(part))) return undefined
  return [...new Set(values)].sort()
}

/** The set as it goes on the wire and into the database. @see RFC 6749 §3.3 */
export function formatScope(scope: Scope): string {
  return [...new Set(scope)].sort().join(' ')
}

/** Whether every value of `asked` is itself in `granted`; no hierarchy. @see RFC 6749 §6 */
export function scopeWithin(asked: Scope, granted: Scope): boolean {
  return asked.every((one) => granted.includes(one))
}

function covers(granted: Scope, needed: string): boolean {
  return granted.some(
    (one) => one === needed || (one.length > 2 && one.endsWith(':*') && needed.startsWith(one.slice(0, -1))),
  )
}

/** Whether `granted` lets its holder do what needs `needed`: `domains:*` covers `domains:read`, a bare `*` nothing. */
export function coversScope(granted: Scope, needed: Scope): boolean {
  return needed.every((one) => covers(granted, one))
}

/** The values of `needed` that `granted` does not cover. @see RFC 6750 §3.1 */
export function missingScopes(granted: Scope, needed: Scope): Scope {
  return needed.filter((one) => !covers(granted, one))
}

/** What of `scope` is left where `most` is allowed: the values that it covers. */
export function narrowScope(scope: Scope, most: Scope): Scope {
  return scope.filter((one) => covers(most, one))
}

/** The values that are in both sets. @see RFC 6749 §3.3 */
export function intersectScope(a: Scope, b: Scope): Scope {
  return a.filter((one) => b.includes(one))
}
