import { type ApiCall, type ApiRoute, jsonAnswer, type PlatformHost, type Tables } from 'sallyport'
import { ProtocolError } from '@sallyport/protocol'
import { mayCreate, mayUse } from './resources.ts'

const doors = ['openchatstudio', 'openchatstudio-keys']
const rule = (scope: string) => ({ doors, scopes: [scope], limits: ['ocs-api'] })
const teamOf = ({ principal }: ApiCall) => principal.team?.id ?? ''

function requireResource({ principal }: ApiCall, chatbotId: string): void {
  if (!mayUse(principal, chatbotId))
    throw new ProtocolError('forbidden', 'This credential may not use this chatbot.')
}

/** A chatbot of the caller's team that the caller may use. Another team's is not found, whatever the list says. */
async function findChatbot(call: ApiCall, id: string, tables: Tables) {
  const [chatbot] = await tables.query(
    'SELECT chatbot_id AS id, name FROM ocs_chatbot WHERE team_id = $1 AND chatbot_id = $2',
    [teamOf(call), id],
  )
  if (!chatbot) throw new ProtocolError('not_found', 'Not found.')
  requireResource(call, id)
  return { ...chatbot, id }
}

async function startSession(
  call: ApiCall,
  chatbotId: string,
  tables: Tables,
  host: PlatformHost,
): Promise<Response> {
  const chatbot = await findChatbot(call, chatbotId, tables)
  const id = host.newId('chat_')
  await tables.write(
    'INSERT INTO ocs_session (session_id, team_id, chatbot_id, created_at) VALUES ($1, $2, $3, $4)',
    [id, teamOf(call), chatbot.id, host.now()],
  )
  return jsonAnswer(201, { id, chatbot: chatbot.id })
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
          all.filter(({ id }) => mayUse(call.principal, String(id))),
        )
      },
    },
    {
      method: 'POST',
      path: '/api/chatbots',
      rule: rule('chatbot:write'),
      async handle(call) {
        if (!mayCreate(call.principal))
          throw new ProtocolError('forbidden', 'This credential may not create chatbots.')
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
      handle: async (call) =>
        jsonAnswer(200, await findChatbot(call, call.params['chatbotId'] ?? '', tables)),
    },
    {
      method: 'POST',
      path: '/api/chatbots/{chatbotId}/sessions',
      rule: rule('session:write'),
      handle: (call) => startSession(call, call.params['chatbotId'] ?? '', tables, host),
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
          all.filter(({ chatbot }) => mayUse(call.principal, String(chatbot))),
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
        return startSession(call, chatbot, tables, host)
      },
    },
    {
      method: 'GET',
      path: '/api/sessions/{sessionId}',
      rule: rule('session:read'),
      async handle(call) {
        const [session] = await tables.query(
          'SELECT session_id AS id, chatbot_id AS chatbot FROM ocs_session WHERE team_id = $1 AND session_id = $2',
          [teamOf(call), call.params['sessionId'] ?? ''],
        )
        if (!session) throw new ProtocolError('not_found', 'Not found.')
        requireResource(call, String(session['chatbot']))
        return jsonAnswer(200, session)
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
