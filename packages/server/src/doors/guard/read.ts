import { ProtocolError } from '@sallyport/protocol'
import * as v from 'valibot'

/** Any text. */
export const text = v.string('must be text')
/** A moment, in seconds since the epoch. */
export const seconds = v.pipe(v.number(), v.integer(), v.description('Seconds since the epoch.'))

/** Complaints that one refusal lists; whoever sent more mistakes than this reads the first of them. */
const mostTold = 20
/** What may be repeated to whoever sent it: no credential is that short. */
const plainName = /^[\w-]{1,32}$/

/** A value, or everything that is wrong with it by member. */
export type Read<T> =
  | { readonly outcome: 'ok'; readonly value: T }
  | { readonly outcome: 'refuse'; readonly fields: Record<string, string[]> }

// The library's own words repeat the value, which may be a secret in the wrong place.
function complaint({ type, expected }: v.BaseIssue<unknown>): string {
  if (type !== 'strict_object') return 'is not what it must be'
  if (expected === 'never') return 'is not known'
  return expected?.startsWith('"') ? 'is required' : 'must be an object'
}

/** A name as it may be repeated. */
export function shown(name: string): string {
  return plainName.test(name) ? name : '?'
}

function nameOf({ path }: v.BaseIssue<unknown>): string {
  return (path ?? []).map(({ key }) => shown(String(key))).join('.') || 'body'
}

/** Checks a value against a schema and says of each member what is wrong, never what was sent. */
export function readAs<T>(schema: v.GenericSchema<unknown, T>, value: unknown): Read<T> {
  const parsed = v.safeParse(schema, value, { message: complaint, abortPipeEarly: true })
  if (parsed.success) return { outcome: 'ok', value: parsed.output }
  const fields = new Map<string, string[]>()
  for (const issue of parsed.issues.slice(0, mostTold)) {
    const name = nameOf(issue)
    fields.set(name, [...(fields.get(name) ?? []), issue.message])
  }
  return { outcome: 'refuse', fields: Object.fromEntries(fields) }
}

/** All complaints in one line. */
export function describe(fields: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(fields)
    .map(([name, messages]) => `${name} ${messages.join(', ')}`)
    .join('; ')
}

/** The same, for a request that is nothing but this value. Throws a refusal that names every wrong member. */
export function readBodyAs<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const read = readAs(schema, value)
  if (read.outcome === 'ok') return read.value
  const { fields } = read
  throw new ProtocolError('invalid_request', describe(fields), { fields })
}
