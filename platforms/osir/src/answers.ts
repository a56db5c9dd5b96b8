import type { NextFunction, Request, Response } from 'express'

/** An answer that nobody keeps. */
export function answer(response: Response, status: number, body: unknown): Response {
  return response.status(status).set('cache-control', 'no-store').json(body)
}

/** A refusal in OSIR's words: `{error, message}`. */
export function refuse(response: Response, status: number, error: string, message: string): Response {
  return answer(response, status, { error, message })
}

/** Answers a method that a path does not have with those it has: whoever was let in may know. @see RFC 9110 §15.5.6 */
export function only(...methods: readonly string[]) {
  return (_request: Request, response: Response): void => {
    response.set('allow', methods.join(', '))
    refuse(response, 405, 'method_not_allowed', `use ${methods.join(' or ')}`)
  }
}

// Express gives what it could not read a status of its own; anything else that is thrown is a fault of ours.
function isUnreadable(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status < 500
}

/** Turns what was thrown into an answer; what a fault was is told to `report`, not to the caller. Express knows it by its four parameters. */
export function refuseThrown(report: (error: unknown) => void) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    const unreadable = isUnreadable(error)
    if (!unreadable) report(error)
    if (response.headersSent) response.destroy()
    else if (unreadable) refuse(response, 400, 'invalid_request', 'The request could not be read')
    else refuse(response, 500, 'server_error', 'unexpected error')
  }
}
