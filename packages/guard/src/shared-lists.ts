/** Lists that are told apart; then it is begun anew, so that memory is bounded. */
const most = 1000
/** Members of a list that is shared. Longer ones are rarely the same. */
const longest = 32

const isShort = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= longest && value.every((one) => typeof one === 'string')

/**
 * Makes a function that gives a fact with its lists of text, scopes above all, exchanged for equal ones that other facts have
 * as well. They are a third of a key's memory, and most keys of an API have the same few. Frozen, so that nobody who is
 * handed one changes another's.
 */
export function createSharedLists(): <T>(fact: T) => T {
  const lists = new Map<string, readonly string[]>()

  function shared(list: readonly string[]): readonly string[] {
    const name = JSON.stringify(list)
    const known = lists.get(name)
    if (known) return known
    if (lists.size === most) lists.clear()
    const frozen = Object.freeze([...list])
    lists.set(name, frozen)
    return frozen
  }

  return (fact) => {
    if (typeof fact !== 'object' || fact === null) return fact
    const found = Object.entries(fact).filter((member) => isShort(member[1]))
    if (found.length === 0) return fact
    return { ...fact, ...Object.fromEntries(found.map(([name, list]) => [name, shared(list)])) }
  }
}
