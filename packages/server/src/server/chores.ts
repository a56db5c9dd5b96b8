import type { LogoutSender } from '../accounts/logout-sender.ts'
import type { Services } from '../doors/services.ts'

/** Work that recurs while the server lives. Returns a function that stops it. */
export function startChores({ facts, signing, store, log, now }: Services, sender: LogoutSender): () => void {
  const report = (err: unknown) => log.error({ err }, 'background work failed')
  const timers = [
    setInterval(() => void signing.tend(now()).catch(report), 1000),
    setInterval(() => void facts.flush().catch(report), 1000),
    setInterval(() => void sender.tend(now()).catch(report), 250),
    setInterval(() => void store.sweep(now()).catch(report), 10 * 60_000),
    setInterval(() => sender.look(), 10 * 60_000),
  ]
  for (const timer of timers) timer.unref()
  return () => timers.forEach(clearInterval)
}
