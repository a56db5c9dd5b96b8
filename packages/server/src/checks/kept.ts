import type { Opened, Safe } from '../crypto/safe.ts'
import { newSecret } from '../crypto/secret.ts'
import type { AuditEvent, Store } from '../store/contract/index.ts'

/** How locking went: how many values are locked anew, or that some are locked with a secret which is not ours. */
export type LockOutcome =
  | { readonly outcome: 'locked'; readonly count: number }
  | { readonly outcome: 'refused'; readonly names: readonly string[] }

/**
 * Encrypts with the current secret whatever the store keeps under one of `under`, all of it in one step, so that a crash
 * leaves it as it was or done. Changes nothing where a single value can't be opened.
 */
export async function lockKept(
  store: Store,
  safe: Safe,
  under: readonly Opened['under'][],
  { event, now }: { readonly event: AuditEvent; readonly now: number },
): Promise<LockOutcome> {
  const kept = await store.signing.kept()
  const opened = kept.map((one) => ({ ...one, opened: safe.open(one.kind, one.name, one.value) }))
  const refused = opened.filter((one) => one.opened === undefined)
  if (refused.length > 0)
    return { outcome: 'refused', names: refused.map(({ kind, name }) => `${kind} ${name}`) }
  const changes = opened.flatMap(({ kind, name, value, opened: found }) =>
    found && under.includes(found.under)
      ? [{ kind, name, value, next: safe.lock(kind, name, found.text), inClear: found.under === 'none' }]
      : [],
  )
  if (changes.length === 0) return { outcome: 'locked', count: 0 }
  const detail = `${changes.length} values`
  const inClear = changes.some((one) => one.inClear)
  if (await store.signing.replaceKept(changes, inClear, { ...event, detail }, now))
    return { outcome: 'locked', count: changes.length }
  // Another process has done it, or a key has been swept: what there is now decides.
  return lockKept(store, safe, under, { event, now })
}

/** The secret of that name, made when there is none; `undefined` when it is locked with a secret which is not ours. */
export async function keptSecret(store: Store, safe: Safe, name: string): Promise<string | undefined> {
  const stored = await store.signing.secret(name, safe.lock('server-secret', name, newSecret()))
  return safe.open('server-secret', name, stored)?.text
}
