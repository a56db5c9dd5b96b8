import { createSealer } from './seal.ts'

/** What is encrypted at rest; each kind has keys of its own. */
export type KeptKind = 'signing-key' | 'server-secret'

/** What was encrypted, and under which secret: `none` for what lies there in the clear, from before there was one. */
export interface Opened {
  readonly text: string
  readonly under: 'current' | 'previous' | 'none'
}

/** Encrypts what a store keeps for this server, under a secret that the store does not have. */
export interface Safe {
  /** `text` as it is to be stored; what is named otherwise can't take its place. */
  lock(kind: KeptKind, name: string, text: string): string
  /** What is stored under that name; `undefined` when none of our secrets opens it. */
  open(kind: KeptKind, name: string, stored: string): Opened | undefined
}

// With a colon, which is neither in a PEM's first line nor in base64url, so that nothing in the clear begins like this.
const prefix = 'sealed:1:'

/**
 * A safe under the operator's secret. What was locked under `previous` is still opened, so that servers with the old
 * and the new secret can run on one database.
 */
export function createSafe(secret: string, previous?: string): Safe {
  const current = createSealer(secret)
  const sealers = [
    { under: 'current', sealer: current } as const,
    ...(previous === undefined ? [] : [{ under: 'previous', sealer: createSealer(previous) } as const]),
  ]
  return {
    lock: (kind, name, text) => prefix + current.hide(kind, text, name),
    open(kind, name, stored) {
      if (!stored.startsWith(prefix)) return { text: stored, under: 'none' }
      for (const { under, sealer } of sealers) {
        const text = sealer.reveal(kind, stored.slice(prefix.length), name)
        if (text !== undefined) return { text, under }
      }
      return undefined
    },
  }
}

const leastBits = 128
const leastDistinct = 8

/** The most that a text of this length and alphabet can hold. */
function bitsOf(secret: string): number {
  const letters = /^\d+$/.test(secret) ? 10 : /^([\da-f]+|[\dA-F]+)$/.test(secret) ? 16 : 64
  return secret.length * Math.log2(letters)
}

/**
 * Whether this can be 128 random bits, in hex or base64. How random it truly is can't be seen; what this finds is the short
 * one, the sentence and the placeholder, of which a thief of the database could try them all.
 */
export function isStrongSecret(secret: string | undefined): secret is string {
  return (
    secret !== undefined &&
    /^[\w+/-]+={0,2}$/.test(secret) &&
    bitsOf(secret) >= leastBits &&
    new Set(secret).size >= leastDistinct
  )
}
