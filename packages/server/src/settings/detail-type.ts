import type { AuthorizationDetail } from '@sallyport/protocol'
import { type GenericSchema, safeParse } from 'valibot'

/** A type of authorization details: what one looks like, and what a person is told of it. @see RFC 9396 §2.1 */
export interface DetailType {
  /** The detail with nothing but what is known of it; `undefined` when it is none of this type. */
  read(detail: AuthorizationDetail): AuthorizationDetail | undefined
  /** In one line, for the person who is asked. */
  words(detail: AuthorizationDetail): string
}

/** Makes a type of a schema and of words for what it lets through. Use a strict object: what is not known may not be granted. */
export function detailType<Detail extends AuthorizationDetail>(
  schema: GenericSchema<unknown, Detail>,
  words: (detail: Detail) => string,
): DetailType {
  const parse = (detail: AuthorizationDetail) => {
    const parsed = safeParse(schema, detail)
    return parsed.success ? parsed.output : undefined
  }
  return {
    read: parse,
    words(detail) {
      const known = parse(detail)
      return known ? words(known) : detail.type
    },
  }
}
