/** The server did not answer with what was asked for. */
export class ServerAnswer extends Error {
  override readonly name = 'ServerAnswer'
  readonly status: number

  constructor(status: number, path: string) {
    super(`the server answered ${status} to ${path}`)
    this.status = status
  }
}

function ofCause(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  // Several addresses of one name were tried: then the code is all that they have in common.
  const { code } = cause as { readonly code?: unknown }
  return cause.message !== '' ? cause.message : typeof code === 'string' ? code : undefined
}

/** Why a server can't be followed, in words for whoever starts the guard: `fetch failed` alone would leave them guessing. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServerAnswer && error.status === 401)
    return 'it refuses this client id and secret (an administrator makes them: POST /admin/guards)'
  if (error instanceof ServerAnswer && error.status === 404) return 'there is no Sallyport at this address'
  if (!(error instanceof Error)) return String(error)
  const cause = ofCause(error.cause)
  return cause === undefined ? error.message : `${error.message}: ${cause}`
}
