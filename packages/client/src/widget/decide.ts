// The functions of this folder are the script for pages as they stand (script.ts): each must get by with its parameters,
// the others that script.ts lists, and what every browser has.

/** Why a page has no session. */
export type WidgetProblemCode =
  | 'origin_not_allowed'
  | 'unknown_widget'
  | 'refused'
  | 'blocked_by_policy'
  | 'too_many'
  | 'unavailable'
  | 'unreachable'
  | 'malformed_answer'

/** What is wrong, by the status of an answer; without one, by whether the page's own policy was in the way. */
export function problemCode(status: number | undefined, blocked: boolean): WidgetProblemCode {
  if (status === undefined) return blocked ? 'blocked_by_policy' : 'unreachable'
  if (status === 403) return 'origin_not_allowed'
  if (status === 404) return 'unknown_widget'
  if (status === 429) return 'too_many'
  if (status >= 500 || status === 408) return 'unavailable'
  return status < 300 ? 'malformed_answer' : 'refused'
}

/** Whether asking again is no use until somebody has changed something. */
export function isFinal(code: WidgetProblemCode): boolean {
  return ['origin_not_allowed', 'unknown_widget', 'refused', 'blocked_by_policy'].includes(code)
}

/** Milliseconds until the next try: half to all of 1, 2, 4 … up to 60 s, and no less than the server asks for. */
export function waitAfter(failures: number, retryAfter: number | undefined, chance: number): number {
  const growing = Math.min(60_000, 1000 * 2 ** (failures - 1)) * (0.5 + chance / 2)
  return Math.max(growing, (retryAfter ?? 0) * 1000)
}

/** Where a page, its widget and the server are. */
export interface WidgetPlace {
  readonly origin: string
  readonly agent: string
  readonly server: string
}

/** A problem in words, for whoever reads the console of the page: what is wrong, and who has to do what. */
export function problemWords(
  code: WidgetProblemCode,
  { origin, agent, server }: WidgetPlace,
  status: number | undefined,
): string {
  switch (code) {
    case 'origin_not_allowed':
      return origin === 'null'
        ? `This page has no origin: it was opened from a file or in a sandboxed frame. The widget "${agent}" runs only on pages of a web server that its owner has listed.`
        : `The widget "${agent}" may not run on this page: ${origin} is not one of its allowed origins. Its owner has to add "${origin}" to allowed_origins of "${agent}" at ${server}.`
    case 'unknown_widget':
      return `There is no widget "${agent}" at ${server}, or its owner has switched it off.`
    case 'refused':
      return `${server} refused a session of the widget "${agent}" (HTTP ${status}).`
    case 'blocked_by_policy':
      return `The Content-Security-Policy of this page keeps it from calling ${server}. Add ${server} to its connect-src.`
    case 'too_many':
      return `The widget "${agent}" has as many sessions as it may have now. It is tried again later.`
    case 'unavailable':
      return `${server} can not answer now (HTTP ${status}). It is tried again later.`
    case 'unreachable':
      return `No answer came from ${server}. It is tried again later.`
    case 'malformed_answer':
      return `What ${server} answered is no session. It is tried again later.`
  }
}
