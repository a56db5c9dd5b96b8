import type { WireRequest } from './answer.ts'
import { ask, surroundingsOf, type SurroundingsOptions } from './ask.ts'
import { authorizedFetch } from './authorized-fetch.ts'
import { requireSafe, type TokenDoor } from './door.ts'
import { TokenError } from './errors.ts'
import { createKeeper } from './keeper.ts'
import { renew, type RenewalParts, tries } from './renewal.ts'
import { memoryStorage, type TokenStorage } from './storage.ts'
import { decideUse, type TokenSet } from './token-set.ts'

/** How tokens are to be got and kept. */
export interface TokensOptions extends SurroundingsOptions {
  /** `vendors(…)`, `apps(…)`, `machines(…)` or `sessionTokens(…)`. */
  readonly door: TokenDoor
  /** Left out: in memory. */
  readonly storage?: TokenStorage
  /** Origins that `fetch` may send the access token to; left out: the server's own. Relative addresses start at the first. */
  readonly api?: string | readonly string[]
  /** Lets `fetch` send the token over plain http to hosts of `api` other than this machine. */
  readonly insecureHttp?: boolean
  /**
   * Hears that what was granted has ended: refused on refresh, so revoked, expired, or used by somebody else as well. The
   * tokens are forgotten by then.
   */
  readonly onEnded?: (error: TokenError) => void
}

/** A source of access tokens that looks after itself. */
export interface Tokens {
  /** An access token that is fit for use now. Whoever calls while it is being renewed waits for the same renewal. */
  access(): Promise<string>
  /**
   * `fetch` with the access token. One 401 that is about the token renews it and sends the request again, if its body can
   * be sent twice.
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>
  /** Takes tokens that came from elsewhere: a code flow that was finished. */
  accept(tokens: TokenSet): Promise<void>
  /** Ends on the server what the tokens stand for, and forgets them. They are kept when that fails, for another try. */
  revoke(): Promise<void>
  /** Forgets the tokens here; on the server they live on. */
  forget(): Promise<void>
}

/** After giving up, the server is left alone for this long unless it named a time itself. */
const pauseSeconds = 2

/** Whether the renewal may be tried; not for a while after one failed for a reason that passes. */
function createPause(now: () => number) {
  let pause: { readonly until: number; readonly error: TokenError } | undefined
  return {
    error: () => (pause && now() < pause.until ? pause.error : undefined),
    note(error: unknown) {
      if (!(error instanceof TokenError) || !error.temporary || error.code === 'storage_failed') return
      pause = { until: now() + (error.retryAfter ?? pauseSeconds), error }
    },
    end() {
      pause = undefined
    },
  }
}

/** Renewals, one at a time however many ask. */
function createRenewals(parts: RenewalParts) {
  const pause = createPause(parts.surroundings.now)
  let flight: Promise<TokenSet> | undefined
  async function run(stale: string | undefined): Promise<TokenSet> {
    try {
      const tokens = await renew(stale, parts)
      pause.end()
      return tokens
    } catch (error) {
      pause.note(error)
      throw error
    } finally {
      flight = undefined
    }
  }
  return {
    renew(stale?: string): Promise<TokenSet> {
      if (flight) return flight
      const error = pause.error()
      if (error) return Promise.reject(error)
      flight = run(stale)
      return flight
    },
    /** Resolves when none is under way, however it ended. */
    idle: async () => void (await flight?.catch(() => undefined)),
    paused: () => pause.error() !== undefined,
    resume: () => pause.end(),
  }
}

/** Where the token may go. Over plain http anybody on the way could read it. */
function originsOf({ door, api, insecureHttp }: TokensOptions): readonly string[] {
  if (api === undefined) return [door.origin]
  return [api].flat().map((address) => requireSafe('api', address, insecureHttp).origin)
}

/** Creates a source of access tokens. Nothing is sent or read before the first call. */
export function createTokens(options: TokensOptions): Tokens {
  const { door, storage = memoryStorage(), onEnded } = options
  const surroundings = surroundingsOf(options)
  const { now } = surroundings
  const keeper = createKeeper(storage, door.owner)
  const renewals = createRenewals({ door, keeper, surroundings, onEnded })
  let used: { readonly access: string; readonly at: number } | undefined

  async function access(): Promise<string> {
    const held = keeper.current()
    const decision = held
      ? decideUse(held, now(), used?.access === held.access ? used.at : undefined)
      : 'renew'
    if (decision === 'use-and-renew' && !renewals.paused()) {
      // This token still works; whoever comes when it no longer does meets the failure.
      renewals.renew().catch(() => undefined)
    }
    const tokens = held && decision !== 'renew' ? held : await renewals.renew(held?.access)
    used = { access: tokens.access, at: now() }
    return tokens.access
  }
  async function end(request: WireRequest | undefined): Promise<void> {
    if (request) await ask(request, tries, surroundings)
    await keeper.forget()
  }

  return {
    access,
    fetch: authorizedFetch({
      access,
      renew: async (stale) => (await renewals.renew(stale)).access,
      origins: originsOf(options),
      fetch: surroundings.fetch,
    }),
    async accept(tokens) {
      await renewals.idle()
      renewals.resume()
      await keeper.put(tokens)
    },
    async revoke() {
      await renewals.idle()
      await keeper.exclusively(async () => {
        const held = await keeper.reload()
        await end(held && door.revoke?.(held))
      })
    },
    async forget() {
      await renewals.idle()
      await keeper.forget()
    },
  }
}
