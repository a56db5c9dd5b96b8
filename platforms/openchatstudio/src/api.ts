import { type ApiCall, type ApiRoute, jsonAnswer, type PlatformHost, type Tables } from 'sallyport'
import { ProtocolError } from '@sallyport/protocol'

const doors = ['openchatstudio', 'openchatstudio-keys']
const rule = (scope: string) => ({ doors, scopes: [scope], limits: ['ocs-api'] })
const teamOf = ({ principal }: ApiCall) => principal.team?.id ?? ''

/** A machine that is limited to some chatbots sees no other; an empty list is none at all. */
function mayUse({ principal }: ApiCall, chatbotId: unknown): boolean {
  return principal.resources?.includes(String(chatbotId)) !== false
}

function requireResource(call: ApiCall, chatbotId: string): void {
  if (!mayUse(call, chatbotId))
    throw new ProtocolError('forbidden', 'This credential may not use this chatbot.')
}

async function findChatbot(call: ApiCall, tables: Tables) {
  const id = call.params['chatbotId'] ?? ''
  const [chatbot] = await tables.query(
    'SELECT chatbot_id AS id, name FROM ocs_chatbot WHERE team_id = $1 AND chatbot_id = $2',
    [teamOf(call), id],
  )
  if (!chatbot) throw new ProtocolError('not_found', 'Not found.')
  return { ...chatbot, id }
}

/** Chatbots: safe methods read, others write. */
export function chatbotRoutes(tables: Tables, host: PlatformHost): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/chatbots',
      rule: rule('chatbot:read'),
      async handle(call) {
        const all = await tables.query(
          'SELECT chatbot_id AS id, name FROM ocs_chatbot WHERE team_id = $1 ORDER BY chatbot_id',
          [teamOf(call)],
        )
        return jsonAnswer(
          200,
          all.filter(({ id }) => mayUse(call, id)),
        )
      },
    },
    {
      method: 'POST',
      path: '/api/chatbots',
      rule: rule('chatbot:write'),
      async handle(call) {
        const { name } = await call.json()
        if (typeof name !== 'string' || name.trim() === '' || name.length > 200)
          throw new ProtocolError('field_errors', 'name', { fields: { name: ['Use 1 to 200 characters.'] } })
        const id = host.newId('bot_')
        await tables.write(
          'INSERT INTO ocs_chatbot (chatbot_id, team_id, name, created_at) VALUES ($1, $2, $3, $4)',
          [id, teamOf(call), name.trim(), host.now()],
        )
        return jsonAnswer(201, { id, name: name.trim() })
      },
    },
    {
      method: 'GET',
      path: '/api/chatbots/{chatbotId}',
      rule: rule('chatbot:read'),
      async handle(call) {
        const chatbot = await findChatbot(call, tables)
        requireResource(call, chatbot.id)
        return jsonAnswer(200, chatbot)
      },
    },
    {
      method: 'POST',
      path: '/api/chatbots/{chatbotId}/sessions',
      rule: rule('session:write'),
      async handle(call) {
        const chatbot = await findChatbot(call, tables)
        requireResource(call, chatbot.id)
        const id = host.newId('chat_')
        await tables.write(
          'INSERT INTO ocs_session (session_id, team_id, chatbot_id, created_at) VALUES ($1, $2, $3, $4)',
          [id, teamOf(call), chatbot.id, host.now()],
        )
        return jsonAnswer(201, { id, chatbot: chatbot.id })
      },
    },
  ]
}

/** Chat sessions. */
export function sessionRoutes(tables: Tables, host: PlatformHost): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/sessions',
      rule: rule('session:read'),
      async handle(call) {
        const all = await tables.query(
          'SELECT session_id AS id, chatbot_id AS chatbot FROM ocs_session WHERE team_id = $1 ORDER BY session_id',
          [teamOf(call)],
        )
        return jsonAnswer(
          200,
          all.filter(({ chatbot }) => mayUse(call, chatbot)),
        )
      },
    },
    {
      method: 'POST',
      path: '/api/sessions',
      rule: rule('session:write'),
      async handle(call) {
        const { chatbot } = await call.json()
        if (typeof chatbot !== 'string')
          throw new ProtocolError('field_errors', 'chatbot', {
            fields: { chatbot: ['This field is required.'] },
          })
        const found = await findChatbot({ ...call, params: { chatbotId: chatbot } }, tables)
        requireResource(call, found.id)
        const id = host.newId('chat_')
        await tables.write(
          'INSERT INTO ocs_session (session_id, team_id, chatbot_id, created_at) VALUES ($1, $2, $3, $4)',
          [id, teamOf(call), found.id, host.now()],
        )
        return jsonAnswer(201, { id, chatbot: found.id })
      },
    },
  ]
}

/** Who is calling; a machine is nobody. */
export const meRoute: ApiRoute = {
  method: 'GET',
  path: '/api/user/me',
  rule: { doors, kinds: ['app', 'api-key'], limits: ['ocs-api'] },
  handle: ({ principal }) =>
    jsonAnswer(200, {
      id: principal.accountId,
      team: principal.team?.slug ?? null,
      scopes: principal.scopes,
    }),
}
