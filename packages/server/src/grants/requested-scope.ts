import { parseScope, ProtocolError, type Scope } from '@sallyport/protocol'

/** The `scope` parameter of a token request, or `undefined` when the client left it out. */
export function requestedScope(params: ReadonlyMap<string, string>): Scope | undefined {
  const value = params.get('scope')
  if (value === undefined) return undefined
  const scope = parseScope(value)
  if (!scope) throw new ProtocolError('invalid_scope', 'scope is malformed')
  return scope
}
