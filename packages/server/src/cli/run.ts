import type { SallyportServer } from '../server/create.ts'

/** Serves until the process is asked to stop, then stops in order: a second signal stops at once. */
export async function runUntilStopped(server: SallyportServer): Promise<void> {
  let stopping = false
  const stop = () => {
    if (stopping) process.exit(1)
    stopping = true
    void server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.once('SIGTERM', stop)
  process.on('SIGINT', stop)
  await server.listen()
}
