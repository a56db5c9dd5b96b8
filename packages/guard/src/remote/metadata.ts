import type { Metadata } from './server.ts'

/** What the server says of itself, kept up to date. */
export interface LiveMetadata {
  current(): Metadata
  /** Reads it again, and again until that works: a withdrawn key must not stay, nor a new one be missing, for one lost answer. */
  reload(): void
  close(): void
}

const retryMs = 500

/** Metadata that began as `first`. */
export function createMetadata(load: () => Promise<Metadata>, first: Metadata): LiveMetadata {
  let metadata = first
  let wanted = false
  let loading = false
  const closing = new AbortController()

  async function loadUntilCurrent(): Promise<void> {
    loading = true
    while (wanted && !closing.signal.aborted) {
      wanted = false
      try {
        metadata = await load()
      } catch {
        // The server is not there.
        wanted = true
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
    loading = false
  }
  return {
    current: () => metadata,
    reload() {
      wanted = true
      if (!loading) void loadUntilCurrent()
    },
    close: () => closing.abort(),
  }
}
