/**
 * Where tokens are kept: one text, opaque to the storage. Each method may answer at once or by a promise, and throws when
 * it can't do what it was asked.
 *
 * `save` must replace the text whole: whoever loads sees the old one or the new one. That is all that is needed for
 * several processes or tabs to share one storage.
 */
export interface TokenStorage {
  /** The text saved last, by anybody; `undefined` when there is none. */
  load(): Promise<string | undefined> | string | undefined
  /** Resolves when the text is where it will be found after a crash. */
  save(text: string): Promise<void> | void
  clear(): Promise<void> | void
  /**
   * Runs `work` while nobody else who shares the storage does. Optional: without it two that refresh at once send two
   * requests, which the server answers with the same refresh token.
   */
  lock?<T>(work: () => Promise<T>): Promise<T>
}

/** Keeps tokens as long as the process lives. */
export function memoryStorage(): TokenStorage {
  let text: string | undefined
  return {
    load: () => text,
    save(next) {
      text = next
    },
    clear() {
      text = undefined
    },
  }
}

/** The part of Web Storage that is used. */
export interface WebStorageArea {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}

interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>
}

/**
 * Keeps tokens in `localStorage` or `sessionStorage`, shared by the tabs of an origin that use the same name. Where the
 * browser has Web Locks one tab refreshes for all, unless another sees late what the first has stored.
 *
 * Every script of the page's origin can read them: a refresh token belongs there only when the alternative is worse.
 */
export function webStorage(area: WebStorageArea, name: string): TokenStorage {
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: Locks } }
  const locks = navigator?.locks
  return {
    load: () => area.getItem(name) ?? undefined,
    save: (text) => area.setItem(name, text),
    clear: () => area.removeItem(name),
    ...(locks && { lock: <T>(work: () => Promise<T>) => locks.request(`sallyport:${name}`, work) }),
  }
}
