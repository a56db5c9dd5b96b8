import type { Statement } from '../database.ts'
import { change, changes, endFamilies, endSessionTokens, remove, removeTelling } from './statements.ts'

/** Deletes a team with all that hangs from it, telling of everything that somebody may have cached. */
export function removeTeamStatements(teamId: string, now: number): readonly Statement[] {
  const ofTeam = 'SELECT client_id FROM client WHERE team_id = $1'
  const widgets = 'SELECT widget_id FROM widget WHERE team_id = $1'
  return [
    ...endFamilies('team_id', teamId, now),
    changes(
      'family',
      'SELECT f.family_id AS id FROM token_family f JOIN client c ON c.client_id = f.client_id WHERE c.team_id = $3 AND f.ended_at IS NULL',
      [teamId],
      now,
    ),
    {
      sql: `UPDATE token_family SET ended_at = $2 WHERE client_id IN (${ofTeam}) AND ended_at IS NULL`,
      params: [teamId, now],
    },
    remove('consent', 'team_id', teamId),
    ...endSessionTokens('team_id', teamId, now),
    {
      sql: `UPDATE widget_session SET ended_at = $2 WHERE widget_id IN (${widgets}) AND ended_at IS NULL`,
      params: [teamId, now],
    },
    changes(
      'widget-session',
      'SELECT s.session_id AS id FROM widget_session s JOIN widget w ON w.widget_id = s.widget_id WHERE w.team_id = $3',
      [teamId],
      now,
    ),
    { sql: `DELETE FROM client_secret WHERE client_id IN (${ofTeam})`, params: [teamId] },
    { sql: `DELETE FROM client_origin WHERE client_id IN (${ofTeam})`, params: [teamId] },
    { sql: `DELETE FROM authorization_code WHERE client_id IN (${ofTeam})`, params: [teamId] },
    { sql: `DELETE FROM consent WHERE client_id IN (${ofTeam})`, params: [teamId] },
    ...removeTelling('client', { table: 'client', id: 'client_id', where: 'team_id' }, teamId, now),
    ...removeTelling('api-key', { table: 'api_key', id: 'hash', where: 'team_id' }, teamId, now),
    ...removeTelling('widget', { table: 'widget', id: 'widget_id', where: 'team_id' }, teamId, now),
    ...removeTelling(
      'membership',
      { table: 'membership', id: `account_id || ':' || team_id`, where: 'team_id' },
      teamId,
      now,
    ),
    remove('team', 'team_id', teamId),
    change('team', teamId, now),
  ]
}
