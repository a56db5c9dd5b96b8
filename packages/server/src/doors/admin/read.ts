import { checkRedirectUri, parseScope, ProtocolError } from '@sallyport/protocol'

/** Members of a management request. */
export type Body = Readonly<Record<string, unknown>>

function wrong(name: string, wanted: string): ProtocolError {
  return new ProtocolError('invalid_request', `${name} must be ${wanted}`)
}

/** A required text of at most 200 characters. */
export function readText(body: Body, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 200) return value.trim()
  throw wrong(name, 'text of 1 to 200 characters')
}

/** An optional text. */
export function optionalText(body: Body, name: string): string | undefined {
  return body[name] === undefined ? undefined : readText(body, name)
}

/** An optional true or false. */
export function optionalFlag(body: Body, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'boolean') return value
  throw wrong(name, 'true or false')
}

/** One of a few words; `undefined` when left out. */
export function optionalChoice<Word extends string>(
  body: Body,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  const found = words.find((word) => word === value)
  if (found === undefined) throw wrong(name, `one of ${words.join(', ')}`)
  return found
}

/** A list of texts; `undefined` when left out. */
export function optionalTexts(body: Body, name: string): readonly string[] | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  if (
    Array.isArray(value) &&
    value.length <= 100 &&
    value.every((one) => typeof one === 'string' && one !== '')
  )
    return value
  throw wrong(name, 'a list of at most 100 texts')
}

/** A scope as text; the empty text is no scope. */
export function optionalScope(
  body: Body,
  name: string,
  known: readonly string[],
): readonly string[] | undefined {
  const value = optionalTextOrEmpty(body, name)
  if (value === undefined) return undefined
  const scope = value === '' ? [] : parseScope(value)
  const unknown = scope?.find((one) => !known.includes(one))
  if (!scope || unknown !== undefined) throw wrong(name, `made of: ${known.join(' ')}`)
  return scope
}

function optionalTextOrEmpty(body: Body, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw wrong(name, 'text')
}

/** Ids of objects, stored as a set of words: a space would make two of one. */
export function optionalIds(body: Body, name: string): readonly string[] | undefined {
  const ids = optionalTexts(body, name)
  if (ids?.every((id) => /^[!-~]{1,200}$/.test(id)) === false)
    throw wrong(name, 'a list of ids without spaces')
  return ids
}

/** Redirect URIs, each as strict as matching will be; `undefined` when left out. */
export function optionalRedirectUris(body: Body): readonly string[] | undefined {
  const uris = optionalTexts(body, 'redirect_uris')
  for (const uri of uris ?? []) {
    const reason = checkRedirectUri(uri)
    if (reason !== undefined)
      throw new ProtocolError('invalid_request', `redirect_uris: ${uri.slice(0, 200)}: ${reason}`)
  }
  return uris
}
