import { logoutPause, logoutTries } from '@sallyport/protocol'
import type { FormPost, PostAnswer } from '../net/post-form.ts'
import type { AuditEvent, Client, LogoutNotice, Store } from '../store/contract/index.ts'

/** Sends what is due of the notices of logout. */
export interface LogoutSender {
  /**
   * Starts what is due and there is room for; what was started goes on by itself. For several times a second: it asks the store only
   * when a notice was made here or is due again.
   */
  tend(now: number): Promise<void>
  /** Looks for notices that another process has left. */
  look(): void
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

/** A logout token, or why there is none: its door no longer takes part in logout, or nothing can be signed for this client alone. */
export type MadeToken =
  | { readonly outcome: 'made'; readonly token: string }
  | { readonly outcome: 'not-told' }
  | { readonly outcome: 'refuse'; readonly reason: string }

/** What sending rests on. */
export interface LogoutSenderParts {
  readonly store: Store
  /** The logout token of a notice. Throws when nothing can be signed at all. */
  tokenFor(notice: LogoutNotice, client: Client, now: number): Promise<MadeToken>
  post(form: Pick<FormPost, 'url' | 'fields' | 'timeoutMs'>): Promise<PostAnswer>
  /** Told of what went wrong on this side; the notice stays. */
  failed(error: unknown): void
}

/** Notices under way at once: in all, of one client, which may be slow to answer, and of one person, who may own many such clients. */
const limits = { most: 64, perClient: 4, perAccount: 8 } as const
/** Shorter than the shortest pause, so that nobody else takes up what is still under way. */
const timeoutMs = 5000
/** Seconds in which nothing is tried after this side has failed, as a signer does that is not there. */
const rest = 10

const about = ({ clientId, accountId, doorId, presenceId }: LogoutNotice) => ({
  doorId,
  clientId,
  accountId,
  targetId: presenceId,
})

/** @see OpenID Back-Channel Logout §2.8: frameworks make 204 of an answer without a body */
const isTaken = (answer: PostAnswer) =>
  answer.outcome === 'answered' && (answer.status === 200 || answer.status === 204)

/** Counts what is under way; nothing is kept of whoever has nothing. */
function count(underWay: Map<string, number>, id: string, change: 1 | -1): void {
  const left = (underWay.get(id) ?? 0) + change
  if (left > 0) underWay.set(id, left)
  else underWay.delete(id)
}

/** Tries to tell one client. */
async function send(
  notice: LogoutNotice,
  { store, tokenFor, post }: LogoutSenderParts,
  now: number,
): Promise<void> {
  const tries = notice.tries + 1
  const close = (type: string, detail: string) => {
    const event: AuditEvent = { type, ...about(notice), detail }
    return store.logouts.close(notice, event, now)
  }
  const client = await store.clients.find(notice.clientId, now)
  const url = client?.logout?.backchannelUri
  const made = client && url !== undefined ? await tokenFor(notice, client, now) : undefined
  if (url === undefined || !made || made.outcome === 'not-told')
    return close('logout.dropped', 'no longer told of logout')
  if (tries > logoutTries) return close('logout.given-up', 'the last try was cut off')
  if (!(await store.logouts.take(notice, now + logoutPause(tries)))) return
  // What can't be signed for it is a failure of its own: the others must not wait for it.
  const answer =
    made.outcome === 'refuse' ? made : await post({ url, fields: { logout_token: made.token }, timeoutMs })
  if (isTaken(answer)) return close('logout.told', `try ${tries}`)
  if (tries < logoutTries) return
  const reason = answer.outcome === 'refuse' ? answer.reason : `answered ${answer.status}`
  await close('logout.given-up', `${tries} tries; ${reason}`)
}

/**
 * Tells clients that somebody has signed out. A try is counted before it is made, by whoever is first to, so a process that dies
 * leaves a notice that another takes up; a client may hear twice, but never not at all while it can be reached.
 * @see OpenID Back-Channel Logout §2.5
 */
export function createLogoutSender(parts: LogoutSenderParts): LogoutSender {
  const { logouts } = parts.store
  const underWay = { clients: new Map<string, number>(), accounts: new Map<string, number>() }
  const jobs = new Set<Promise<void>>()
  // At first there may be something that was left.
  let [woken, wakeAt, restUntil] = [true, 0, 0]
  const look = () => void (woken = true)
  logouts.watch(look)

  const hasRoom = ({ clientId, accountId }: LogoutNotice) =>
    (underWay.clients.get(clientId) ?? 0) < limits.perClient &&
    (underWay.accounts.get(accountId) ?? 0) < limits.perAccount

  function start(notice: LogoutNotice, now: number): void {
    const { clientId, accountId } = notice
    count(underWay.clients, clientId, 1)
    count(underWay.accounts, accountId, 1)
    const job = send(notice, parts, now)
      .catch((error: unknown) => {
        restUntil = now + rest
        parts.failed(error)
      })
      .finally(() => {
        count(underWay.clients, clientId, -1)
        count(underWay.accounts, accountId, -1)
        jobs.delete(job)
      })
    jobs.add(job)
  }

  return {
    look,
    async tend(now) {
      if ((!woken && now < wakeAt) || now < restUntil || jobs.size >= limits.most)
        return // Before it asks: what is made meanwhile wakes it again. Should the asking fail, it is tried again after a rest.
      ;[woken, wakeAt] = [false, now + rest]
      for (const notice of await logouts.due(limits, now)) {
        if (jobs.size >= limits.most) break
        if (hasRoom(notice)) start(notice, now)
      }
      wakeAt = (await logouts.nextDue()) ?? Number.POSITIVE_INFINITY
    },
    async settled() {
      await Promise.allSettled(jobs)
    },
  }
}
