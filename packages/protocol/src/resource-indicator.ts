import type { Scope } from './scope.ts'

/** Resources by their identifiers; empty: none was named, which means all that the issuer speaks for. */
export type Resources = readonly string[]

/**
 * The resources of a request, sorted and each once; `undefined` when one is not known here. Compared as strings: an
 * identifier has one spelling.
 * @see RFC 8707 §2
 */
export function readResources(asked: readonly string[], known: readonly string[]): Resources | undefined {
  if (!asked.every((one) => known.includes(one))) return undefined
  return [...new Set(asked)].sort()
}

/** Whether what was granted for some resources covers a request for others: a grant that named none covers each. */
export function coversResources(granted: Resources, asked: Resources): boolean {
  if (granted.length === 0) return true
  return asked.length > 0 && asked.every((one) => granted.includes(one))
}

/**
 * The resources that a token is for: those of the token request, which have to be covered by the grant, or all of the grant.
 * `undefined` when they are not covered.
 * @see RFC 8707 §2.2
 */
export function narrowResources(granted: Resources, asked: Resources): Resources | undefined {
  if (asked.length === 0) return granted
  return coversResources(granted, asked) ? asked : undefined
}

/** The `aud` of an access token. @see RFC 9068 §3 */
export function audienceOf(resources: Resources, issuer: string): string | readonly string[] {
  const [only = issuer, second] = resources
  return second === undefined ? only : resources
}

/** What a person allows, or is asked to. */
export interface Allowed {
  readonly scope: Scope
  readonly resources: Resources
  /** Single claims, each with its place. */
  readonly claims: readonly string[]
}

/** Whether a standing consent covers a request: its scope, its resources and its single claims. */
export function consentCovers(consent: Allowed, asked: Allowed): boolean {
  return (
    asked.scope.every((one) => consent.scope.includes(one)) &&
    asked.claims.every((one) => consent.claims.includes(one)) &&
    coversResources(consent.resources, asked.resources)
  )
}
