import { TokenError } from './errors.ts'
import type { TokenStorage } from './storage.ts'
import { formatStored, parseStored, type TokenSet } from './token-set.ts'

/** Holds the tokens in memory as they are in the storage, and never ahead of it. */
export interface Keeper {
  /** What was last seen in the storage. */
  current(): TokenSet | undefined
  /** Looks at the storage again: another process may have been there. */
  reload(): Promise<TokenSet | undefined>
  /**
   * Stores tokens that came from those last seen. Resolves with what the storage then holds: these, or what somebody
   * else has put there meanwhile, a newer sign-in or nothing at all.
   */
  replace(tokens: TokenSet): Promise<TokenSet | undefined>
  /** Stores tokens whatever was there. */
  put(tokens: TokenSet): Promise<void>
  forget(): Promise<void>
  exclusively<T>(work: () => Promise<T>): Promise<T>
}

/** Turns whatever the storage throws into this package's error. */
async function guarded<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new TokenError('storage_failed', { cause })
  }
}

/** A keeper of the tokens of `owner`. */
export function createKeeper(storage: TokenStorage, owner: string): Keeper {
  let text: string | undefined
  let tokens: TokenSet | undefined
  // Tokens whose saving failed. They are kept, because their predecessor may be worth nothing by the next try, and
  // nobody gets them until they are saved: used up and then lost with the process, they would leave a dead one behind.
  let unsaved: { readonly tokens: TokenSet; readonly over: string | undefined } | undefined

  const load = () => guarded(() => storage.load())

  function see(found: string | undefined): TokenSet | undefined {
    if (found !== text) {
      text = found
      tokens = parseStored(owner, found)
    }
    return tokens
  }
  async function save(next: TokenSet): Promise<TokenSet> {
    const written = formatStored(owner, next)
    await guarded(() => storage.save(written))
    text = written
    tokens = next
    unsaved = undefined
    return next
  }
  async function settle(): Promise<TokenSet | undefined> {
    const found = await load()
    if (unsaved && unsaved.over === found) return save(unsaved.tokens)
    unsaved = undefined
    return see(found)
  }

  return {
    current: () => tokens,
    reload: settle,
    replace(next) {
      unsaved = { tokens: next, over: text }
      return settle()
    },
    async put(next) {
      unsaved = undefined
      await save(next)
    },
    async forget() {
      unsaved = undefined
      await guarded(() => storage.clear())
      see(undefined)
    },
    async exclusively(work) {
      if (!storage.lock) return work()
      try {
        return await storage.lock(work)
      } catch (error) {
        // What the work throws is this package's own; anything else is the lock's.
        throw error instanceof TokenError ? error : new TokenError('storage_failed', { cause: error })
      }
    },
  }
}
