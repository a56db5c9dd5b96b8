import type { Shape } from '@sallyport/protocol'
import { createGuard, type Guard, type GuardOptions } from '../guard.ts'
import { systemClock } from './clock.ts'
import { connectFacts, type RemoteOptions } from './connect.ts'

/** Where the server is, how to prove oneself there, and whatever of a guard's settings is not to be as usual. */
export interface ConnectedGuardOptions
  extends Omit<RemoteOptions, 'server'>,
    Omit<GuardOptions, 'source' | 'now' | 'shape'> {
  /** The server's address, with which the issuers of its doors begin; without a trailing slash. */
  readonly issuer: string
  /** How refusals are worded; `oauth` when left out. */
  readonly shape?: Shape
  /** Whole seconds since the epoch; the system's clock when left out. */
  readonly now?: () => number
}

/** A guard that follows a server elsewhere. */
export interface ConnectedGuard extends Guard {
  /** Whether what it knows is up to date; `false` while the server's changes don't arrive. For a readiness check. */
  isFresh(): boolean
  /** Tells the server of the last uses, and lets go of it. */
  close(): Promise<void>
}

/**
 * A guard for an API in a process of its own. Resolves when it has caught up with the server; rejects when the server can't
 * be reached, refuses the credential, or its changes don't arrive. Both spans in the options are milliseconds.
 */
export async function guard({
  issuer,
  shape = 'oauth',
  now = systemClock,
  ...options
}: ConnectedGuardOptions): Promise<ConnectedGuard> {
  const source = await connectFacts({ ...options, server: issuer })
  const { check, metadata } = createGuard({ ...options, source, shape, now })
  return { check, metadata, isFresh: () => source.isFresh(), close: () => source.close() }
}
