import { ProtocolError } from '@sallyport/protocol'

/** What is wrong with one member, or `undefined`. */
function complaint(value: unknown): string | undefined {
  if (value === undefined) return 'This field is required.'
  if (value === null) return 'This field may not be null.'
  if (typeof value !== 'string') return 'Not a valid string.'
  return value === '' ? 'This field may not be blank.' : undefined
}

/**
 * Reads the named members as non-empty text, or throws one refusal that names every offending field.
 * The messages are those that callers of the people door know.
 */
export function readFields<Name extends string>(
  body: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): Record<Name, string> {
  const fields: Record<string, string[]> = {}
  const read: Record<string, string> = {}
  for (const name of names) {
    const value = body[name]
    const wrong = complaint(value)
    if (wrong !== undefined) fields[name] = [wrong]
    else if (typeof value === 'string') read[name] = value
  }
  if (Object.keys(fields).length > 0) throw fieldErrors(fields)
  return read as Record<Name, string>
}

/** A refusal of one or more fields. */
export function fieldErrors(fields: Readonly<Record<string, readonly string[]>>): ProtocolError {
  const description = Object.entries(fields)
    .map(([name, messages]) => `${name}: ${messages.join(' ')}`)
    .join(' ')
  return new ProtocolError('field_errors', description, { fields })
}
