import { ProtocolError } from '@sallyport/protocol'
import type { Request } from './door.ts'
import { mediaType } from './read-body.ts'

/** What one of our own pages posted. Checkboxes of one name come several times, so it differs from a protocol's form. */
export interface PageForm {
  /** The only value of a name; `undefined` when absent, empty or repeated. */
  one(name: string): string | undefined
  all(name: string): readonly string[]
}

/** Reads a form that a page of ours sent. */
export function readPageForm(request: Request): PageForm {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    throw new ProtocolError(
      'unsupported_media_type',
      'Content-Type must be application/x-www-form-urlencoded',
    )
  }
  const params = new URLSearchParams(request.body)
  if (params.size > 200 || request.body.includes('%00'))
    throw new ProtocolError('invalid_request', 'malformed form')
  return {
    one(name) {
      const values = params.getAll(name)
      return values.length === 1 && values[0] !== '' ? values[0] : undefined
    },
    all: (name) => params.getAll(name),
  }
}
