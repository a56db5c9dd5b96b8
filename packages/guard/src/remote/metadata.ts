import type { Metadata } from './server.ts'

/** What the server says of itself, kept up to date. */
export interface LiveMetadata {
  current(): Metadata
  /**
   * Reads it again, and again until that works and comes from a server with the configuration that the feed's server has: a
   * withdrawn key must not stay, nor a new one be missing, for one lost answer.
   */
  reload(): void
  /** Resolves with metadata that was read in the last second, for who has no feed to go by; rejects when that can't be had. */
  recent(): Promise<void>
  close(): void
}

const retryMs = 500
const recentMs = 1000

/** Metadata that began as `first`. `isWanted` says whether one with this configuration is what the feed's server has. */
export function createMetadata(
  load: () => Promise<Metadata>,
  first: Metadata,
  isWanted: (config: string) => boolean,
): LiveMetadata {
  let metadata = first
  let loadedAt = performance.now()
  let wanted = false
  let loading = false
  let asking: Promise<void> | undefined
  const closing = new AbortController()

  async function take(): Promise<void> {
    metadata = await load()
    loadedAt = performance.now()
  }
  async function loadUntilCurrent(): Promise<void> {
    loading = true
    while (wanted && !closing.signal.aborted) {
      wanted = false
      // The server is not there, or another one has answered.
      await take().catch(() => {
        wanted = true
      })
      wanted ||= !isWanted(metadata.config)
      if (wanted) await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
    loading = false
  }
  return {
    current: () => metadata,
    reload() {
      wanted = true
      if (!loading) void loadUntilCurrent()
    },
    recent() {
      if (performance.now() - loadedAt <= recentMs) return Promise.resolve()
      asking ??= take().finally(() => {
        asking = undefined
      })
      return asking
    },
    close: () => closing.abort(),
  }
}
