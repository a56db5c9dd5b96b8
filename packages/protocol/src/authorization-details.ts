import { parseJsonObject } from './json.ts'

/** One thing that an app wants to do, in the words of its type. @see RFC 9396 §2 */
export interface AuthorizationDetail {
  readonly type: string
  readonly [member: string]: unknown
}

// They travel in every token, and a guard reads no token of more than 8 KiB.
const longestText = 2000
const mostDetails = 20

function isDetail(value: unknown): value is AuthorizationDetail {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return 'type' in value && typeof value.type === 'string' && value.type !== ''
}

/** Whether a value is a list of details. */
export function isDetails(value: unknown): value is readonly AuthorizationDetail[] {
  return Array.isArray(value) && value.length <= mostDetails && value.every(isDetail)
}

/** Reads the `authorization_details` parameter; `undefined` when it is malformed or too much. @see RFC 9396 §2, §5 */
export function parseDetails(text: string): readonly AuthorizationDetail[] | undefined {
  if (text.length > longestText) return undefined
  // The strict parser reads objects; a text that ends the list early would bring a second member.
  const parsed = parseJsonObject(`{"details":${text}}`)
  if (parsed.outcome === 'refuse' || Object.keys(parsed.value).length !== 1) return undefined
  const { details } = parsed.value
  return isDetails(details) && details.length > 0 ? details : undefined
}

/** The same text for values that are the same, whatever the order of their members. */
function spell(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(spell).join()}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${spell(member)}`).join()}}`
}

/**
 * The details that a token is for: those of the token request, each of which has to be one that was granted, or all of the
 * grant. `undefined` when one was not: what a part of a detail is, only its type could tell.
 * @see RFC 9396 §6, §6.1
 */
export function narrowDetails(
  granted: readonly AuthorizationDetail[],
  asked: readonly AuthorizationDetail[] | undefined,
): readonly AuthorizationDetail[] | undefined {
  if (!asked) return granted
  const known = new Set(granted.map(spell))
  return asked.every((one) => known.has(spell(one))) ? asked : undefined
}
