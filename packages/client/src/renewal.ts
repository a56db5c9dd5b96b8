import { ask, askUnless, type Surroundings } from './ask.ts'
import type { TokenDoor } from './door.ts'
import { TokenError } from './errors.ts'
import type { Keeper } from './keeper.ts'
import { decideUse, type TokenSet } from './token-set.ts'

/** How often one request is sent at most. */
export const tries = 4

/** What renewing works with. */
export interface RenewalParts {
  readonly door: TokenDoor
  readonly keeper: Keeper
  readonly surroundings: Surroundings
  /** Hears that what was granted has ended, before new tokens are asked for or the caller is told. */
  readonly onEnded: ((error: TokenError) => void) | undefined
}

async function begin({ door, keeper, surroundings }: RenewalParts): Promise<TokenSet> {
  if (!door.start) throw new TokenError('sign_in_required')
  const { body, sentAt } = await ask(door.start(), tries, surroundings)
  const fresh = door.read(body, sentAt)
  if (!fresh) throw new TokenError('malformed_answer')
  // Somebody may have signed out while the answer was under way; whoever asks again then begins again.
  return (await keeper.replace(fresh)) ?? fresh
}

/** What is in the storage, if somebody else has put it there since `held` was read and it is fit for use. */
async function othersThan(
  held: TokenSet,
  { keeper, surroundings }: RenewalParts,
): Promise<TokenSet | undefined> {
  const found = await keeper.reload()
  if (!found || found.access === held.access) return undefined
  return decideUse(found, surroundings.now()) === 'renew' ? undefined : found
}

async function startOver(held: TokenSet, error: TokenError, parts: RenewalParts): Promise<TokenSet> {
  // Another process may have refreshed twice while this one was held up: then theirs are good.
  const others = await othersThan(held, parts)
  if (others) return others
  await parts.keeper.forget()
  parts.onEnded?.(error)
  if (!parts.door.start) throw error
  return begin(parts)
}

async function refresh(held: TokenSet, refreshToken: string, parts: RenewalParts): Promise<TokenSet> {
  const { door, keeper, surroundings } = parts
  if (!door.refresh) return begin(parts)
  const request = door.refresh(refreshToken)
  try {
    const answered = await askUnless(
      request,
      { most: tries, overtaken: () => othersThan(held, parts) },
      surroundings,
    )
    if ('instead' in answered) return answered.instead
    const fresh = door.read(answered.body, answered.sentAt)
    if (!fresh) throw new TokenError('malformed_answer')
    // RFC 6749 §6: an answer without a refresh token leaves the one that was presented in force.
    const next = { ...fresh, refresh: fresh.refresh ?? refreshToken }
    const kept = await keeper.replace(next)
    if (!kept) throw new TokenError('sign_in_required')
    return kept
  } catch (error) {
    // The one refusal that says something of the tokens: all others leave them as they are.
    if (error instanceof TokenError && error.code === 'invalid_grant') return startOver(held, error, parts)
    throw error
  }
}

/**
 * Gets tokens that are fit for use: those of the storage, or refreshed ones, or the first. `stale` names an access token
 * that the API has refused. The new tokens are stored before this resolves; until then the old refresh token stays where
 * it is, so that a process that dies in between asks with it again and is answered the same.
 */
export function renew(stale: string | undefined, parts: RenewalParts): Promise<TokenSet> {
  const { keeper, surroundings } = parts
  return keeper.exclusively(async () => {
    const held = await keeper.reload()
    if (!held) return begin(parts)
    if (held.access !== stale && decideUse(held, surroundings.now()) === 'use') return held
    return held.refresh === undefined ? begin(parts) : refresh(held, held.refresh, parts)
  })
}
