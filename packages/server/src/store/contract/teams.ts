import type { AuditEvent } from './audit.ts'

/** Whether a team may use what it bought. */
export type TeamStatus = 'active' | 'inactive' | 'suspended'

/** A customer: owns apps, keys and widgets; has a plan and a status. */
export interface Team {
  readonly teamId: string
  readonly slug: string
  readonly name: string
  /** Made with an account, for that account alone. */
  readonly personal: boolean
  readonly plan: string
  readonly status: TeamStatus
  /** Contact address and the like; plain JSON the engine does not interpret. */
  readonly profile: Readonly<Record<string, unknown>>
  readonly createdAt: number
}

/** A person in a team. */
export interface Membership {
  readonly accountId: string
  readonly teamId: string
  readonly role: string
}

/** A membership seen from the person: which team it is. */
export interface TeamMembership extends Membership {
  readonly slug: string
  readonly name: string
  readonly personal: boolean
}

/** Teams and who is in them. */
export interface TeamStore {
  /** `false` when the slug is taken. */
  create(team: Omit<Team, 'createdAt'>, event: AuditEvent, now: number): Promise<boolean>
  find(teamId: string): Promise<Team | undefined>
  findBySlug(slug: string): Promise<Team | undefined>
  /** Changes what is given. `false` when there is no such team. */
  update(
    teamId: string,
    change: { readonly plan?: string; readonly status?: TeamStatus; readonly name?: string },
    event: AuditEvent,
    now: number,
  ): Promise<boolean>
  /** Deletes the team with its memberships, clients, keys, widgets and families. */
  remove(teamId: string, event: AuditEvent, now: number): Promise<boolean>
  /** Adds the person or changes their role. */
  setMember(membership: Membership, event: AuditEvent, now: number): Promise<void>
  /** Ends the membership and, for good, all that the person holds in the team: families, session tokens, keys, consents. `false` when there was none. */
  removeMember(accountId: string, teamId: string, event: AuditEvent, now: number): Promise<boolean>
  membership(accountId: string, teamId: string): Promise<Membership | undefined>
  /** Ordered by slug. */
  membershipsOf(accountId: string): Promise<readonly TeamMembership[]>
}
