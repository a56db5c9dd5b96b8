/**
 * How an authorization response travels: as a query or as a form, plain or as one signed JWT. Never as a fragment: codes need
 * none, and what is in one can be read by every script of the page.
 * @see OAuth 2.0 Form Post Response Mode, JARM §2.3
 */
export type ResponseMode = 'query' | 'form_post' | 'query.jwt' | 'form_post.jwt'

/** All there are. */
export const responseModes: readonly ResponseMode[] = ['query', 'form_post', 'query.jwt', 'form_post.jwt']

/** A form can be posted to http(s) alone; an app's own scheme takes addresses. */
const takesForms = /^https?:/i

/**
 * The response mode of a request; `undefined` when it may not be answered in the one that it asks for. `jwt` is the default
 * mode, signed.
 * @see OAuth 2.0 Multiple Response Types §2.1, JARM §2.3.4
 */
export function parseResponseMode(
  asked: string | undefined,
  allowed: readonly ResponseMode[],
  redirectUri: string,
): ResponseMode | undefined {
  const name = asked === undefined ? 'query' : asked === 'jwt' ? 'query.jwt' : asked
  const mode = allowed.find((one) => one === name)
  return mode?.startsWith('form_post') && !takesForms.test(redirectUri) ? undefined : mode
}

/** What discovery lists: the modes of a door, and the short name where it means one of them. @see JARM §2.3.4 */
export function responseModeNames(allowed: readonly ResponseMode[]): readonly string[] {
  return allowed.includes('query.jwt') ? [...allowed, 'jwt'] : allowed
}
