/** A person's place in a team. */
export interface TeamMembership {
  readonly teamId: string
  readonly slug: string
  readonly role: string
}

/** What decides which team a token is for. */
export interface TeamQuestion {
  /** Whether people choose, or a token is always for their own team. */
  readonly mode: 'choose' | 'home'
  /** The team the client is registered to; `undefined` for a global client. */
  readonly clientTeamId: string | undefined
  /** The `team` parameter of the authorization request. */
  readonly askedSlug: string | undefined
  readonly memberships: readonly TeamMembership[]
  readonly homeTeamId: string
  /** What the person chose on the consent page. */
  readonly chosenTeamId?: string | undefined
}

/** The team of a token, or the teams to choose from. */
export type TeamDecision =
  | { readonly outcome: 'fixed'; readonly teamId: string }
  | {
      readonly outcome: 'choose'
      readonly teamIds: readonly string[]
      readonly preselected: string | undefined
      /** A sentence for the consent page. */
      readonly notice: string | undefined
    }
  | { readonly outcome: 'refuse'; readonly detail: string }

/**
 * Decides the team of a token. Only ever a team the person is a member of, and for a team's client only that team,
 * whatever was asked or posted.
 *
 * @see RFC 6749 §10.12
 */
export function decideTeam(question: TeamQuestion): TeamDecision {
  const { memberships, homeTeamId, chosenTeamId } = question
  const isMember = (teamId: string) => memberships.some((one) => one.teamId === teamId)

  const pinned = question.clientTeamId ?? (question.mode === 'home' ? homeTeamId : undefined)
  if (pinned !== undefined) {
    return isMember(pinned)
      ? { outcome: 'fixed', teamId: pinned }
      : { outcome: 'refuse', detail: `not a member of ${pinned}` }
  }

  const asked = memberships.find((one) => one.slug === question.askedSlug)
  if (asked) return { outcome: 'fixed', teamId: asked.teamId }
  if (chosenTeamId !== undefined) {
    if (isMember(chosenTeamId)) return { outcome: 'fixed', teamId: chosenTeamId }
    return { outcome: 'refuse', detail: 'chose a team without being a member' }
  }

  const [first, second] = memberships
  if (!first) return { outcome: 'refuse', detail: 'member of no team' }
  if (!second && question.askedSlug === undefined) return { outcome: 'fixed', teamId: first.teamId }
  return {
    outcome: 'choose',
    teamIds: memberships.map((one) => one.teamId),
    preselected: isMember(homeTeamId) ? homeTeamId : undefined,
    // The same for an unknown team and a foreign one.
    notice:
      question.askedSlug === undefined ? undefined : 'You are not a member of the team that was asked for.',
  }
}
