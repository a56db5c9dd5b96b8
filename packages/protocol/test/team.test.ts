import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideTeam, type TeamDecision, type TeamQuestion } from '../src/index.ts'

const t1 = { teamId: 'team_1', slug: 't1', role: 'owner' }
const t2 = { teamId: 'team_2', slug: 't2', role: 'member' }
const ask: TeamQuestion = {
  mode: 'choose',
  clientTeamId: undefined,
  askedSlug: undefined,
  memberships: [t1, t2],
  homeTeamId: 'team_1',
}
const fixed = (teamId: string): TeamDecision => ({ outcome: 'fixed', teamId })
const notice = 'You are not a member of the team that was asked for.'
const choose = (teamIds: readonly string[], said?: string): TeamDecision => ({
  outcome: 'choose',
  teamIds,
  preselected: 'team_1',
  notice: said,
})

const cases: [name: string, question: TeamQuestion, expected: TeamDecision | 'refuse'][] = [
  ['a global client offers exactly the teams of the person', ask, choose(['team_1', 'team_2'])],
  ['a team asked for is taken', { ...ask, askedSlug: 't2' }, fixed('team_2')],
  [
    'a foreign team asked for is a choice with a notice',
    { ...ask, askedSlug: 't9' },
    choose(['team_1', 'team_2'], notice),
  ],
  [
    'a foreign team asked for by a member of one team is still told',
    { ...ask, askedSlug: 't9', memberships: [t1] },
    choose(['team_1'], notice),
  ],
  ['the only team is taken', { ...ask, memberships: [t1] }, fixed('team_1')],
  [
    'a home team left is not preselected',
    { ...ask, homeTeamId: 'team_9' },
    { outcome: 'choose', teamIds: ['team_1', 'team_2'], preselected: undefined, notice: undefined },
  ],
  ['no team is refused', { ...ask, memberships: [] }, 'refuse'],
  ['a chosen team is taken', { ...ask, chosenTeamId: 'team_2' }, fixed('team_2')],
  ['a chosen foreign team is refused', { ...ask, chosenTeamId: 'team_9' }, 'refuse'],
  [
    'a chosen foreign team is refused after a foreign team was asked for',
    { ...ask, askedSlug: 't9', chosenTeamId: 'team_9' },
    'refuse',
  ],
  [
    'a choice does not change the team that was asked for',
    { ...ask, askedSlug: 't2', chosenTeamId: 'team_1' },
    fixed('team_2'),
  ],
  ["a team's client gets its team", { ...ask, clientTeamId: 'team_1' }, fixed('team_1')],
  [
    "a team's client gets its team whatever is asked",
    { ...ask, clientTeamId: 'team_1', askedSlug: 't2' },
    fixed('team_1'),
  ],
  [
    "a team's client gets its team whatever is chosen",
    { ...ask, clientTeamId: 'team_1', chosenTeamId: 'team_2' },
    fixed('team_1'),
  ],
  ["a team's client is refused to a stranger", { ...ask, clientTeamId: 'team_9' }, 'refuse'],
  [
    'a home door takes the home team whatever is asked',
    { ...ask, mode: 'home', askedSlug: 't2', chosenTeamId: 'team_2' },
    fixed('team_1'),
  ],
  ['a home door refuses who left home', { ...ask, mode: 'home', homeTeamId: 'team_9' }, 'refuse'],
  [
    "a home door gives a team's client its team",
    { ...ask, mode: 'home', clientTeamId: 'team_2' },
    fixed('team_2'),
  ],
]
for (const [name, question, expected] of cases) {
  test(`team: ${name}`, () => {
    const decision = decideTeam(question)
    if (expected === 'refuse') assert.equal(decision.outcome, 'refuse')
    else assert.deepEqual(decision, expected)
  })
}
