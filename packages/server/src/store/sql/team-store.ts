import type {
  AuditEvent,
  Membership,
  Team,
  TeamMembership,
  TeamStatus,
  TeamStore,
} from '../contract/index.ts'
import type { Database, Row } from '../database.ts'
import { endMembershipStatements } from './remove-member.ts'
import { removeTeamStatements } from './remove-team.ts'
import { bit, flag, json, number, text } from './row.ts'
import { audit, change, run, update } from './statements.ts'

function readStatus(row: Row): TeamStatus {
  const status = text(row, 'status')
  return status === 'active' || status === 'inactive' ? status : 'suspended'
}

function readTeam(row: Row): Team {
  return {
    teamId: text(row, 'team_id'),
    slug: text(row, 'slug'),
    name: text(row, 'name'),
    personal: flag(row, 'personal'),
    plan: text(row, 'plan'),
    status: readStatus(row),
    profile: json(row, 'profile'),
    createdAt: number(row, 'created_at'),
  }
}

/** Teams and who is in them, in SQL. */
export class SqlTeamStore implements TeamStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  create(team: Omit<Team, 'createdAt'>, event: AuditEvent, now: number): Promise<boolean> {
    const { teamId, slug, name, personal, plan, status, profile } = team
    return run(this.#db, [
      {
        sql: `INSERT INTO team (team_id, slug, name, personal, plan, status, profile, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
              ON CONFLICT (slug) DO NOTHING`,
        params: [teamId, slug, name, bit(personal), plan, status, JSON.stringify(profile), now],
        mustTouch: true,
      },
      change('team', teamId, now),
      audit(event, now),
    ])
  }

  async find(teamId: string): Promise<Team | undefined> {
    const [row] = await this.#db.query('SELECT * FROM team WHERE team_id = $1', [teamId])
    return row && readTeam(row)
  }

  async findBySlug(slug: string): Promise<Team | undefined> {
    const [row] = await this.#db.query('SELECT * FROM team WHERE slug = $1', [slug])
    return row && readTeam(row)
  }

  update(
    teamId: string,
    { plan, status, name }: { readonly plan?: string; readonly status?: TeamStatus; readonly name?: string },
    event: AuditEvent,
    now: number,
  ): Promise<boolean> {
    return run(this.#db, [
      update('team', 'team_id', teamId, { plan, status, name }),
      change('team', teamId, now),
      audit(event, now),
    ])
  }

  remove(teamId: string, event: AuditEvent, now: number): Promise<boolean> {
    // The no-op says whether there is such a team, before anything that hangs from it is touched.
    const exists = {
      sql: 'UPDATE team SET team_id = team_id WHERE team_id = $1',
      params: [teamId],
      mustTouch: true,
    } as const
    return run(this.#db, [exists, ...removeTeamStatements(teamId, now), audit(event, now)])
  }

  async setMember({ accountId, teamId, role }: Membership, event: AuditEvent, now: number): Promise<void> {
    await this.#db.batch([
      {
        sql: `INSERT INTO membership (account_id, team_id, role, created_at) VALUES ($1, $2, $3, $4)
              ON CONFLICT (account_id, team_id) DO UPDATE SET role = $3`,
        params: [accountId, teamId, role, now],
      },
      change('membership', `${accountId}:${teamId}`, now),
      audit(event, now),
    ])
  }

  removeMember(accountId: string, teamId: string, event: AuditEvent, now: number): Promise<boolean> {
    return run(this.#db, [
      {
        sql: 'DELETE FROM membership WHERE account_id = $1 AND team_id = $2',
        params: [accountId, teamId],
        mustTouch: true,
      },
      ...endMembershipStatements(accountId, teamId, now),
      change('membership', `${accountId}:${teamId}`, now),
      audit(event, now),
    ])
  }

  async membership(accountId: string, teamId: string): Promise<Membership | undefined> {
    const [row] = await this.#db.query('SELECT role FROM membership WHERE account_id = $1 AND team_id = $2', [
      accountId,
      teamId,
    ])
    return row && { accountId, teamId, role: text(row, 'role') }
  }

  async membershipsOf(accountId: string): Promise<readonly TeamMembership[]> {
    const rows = await this.#db.query(
      `SELECT m.role, t.team_id, t.slug, t.name, t.personal FROM membership m JOIN team t ON t.team_id = m.team_id
        WHERE m.account_id = $1 ORDER BY t.slug`,
      [accountId],
    )
    return rows.map((row) => ({
      accountId,
      teamId: text(row, 'team_id'),
      role: text(row, 'role'),
      slug: text(row, 'slug'),
      name: text(row, 'name'),
      personal: flag(row, 'personal'),
    }))
  }
}
