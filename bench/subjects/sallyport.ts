import { connectFacts, createGuard, type Guard, type GuardRequest, type GuardRule } from '@sallyport/guard'
import { expressGuard } from '@sallyport/guard/express'
import { createExchanges, type Exchange, passed } from './requests.ts'
import { inTurn, inUse, type Scene, type Subject } from './subject.ts'

const rule: GuardRule = { doors: ['osir', 'osir-oauth'], scopes: ['domains:read'] }

type Headers = Readonly<Record<string, string>>
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
const inOwnHeader = (key: string): Headers => ({ 'x-api-key': key })

/** The facts of a running server elsewhere, by its feed: the guard as it is used. */
async function connect({ access }: Scene) {
  const source = await connectFacts(access)
  return {
    source,
    guard: createGuard({ source, now: () => Math.floor(Date.now() / 1000), shape: 'message' }),
  }
}

function requestWith(headers: Headers): GuardRequest {
  return {
    method: 'GET',
    path: '/v1/domains',
    header: (name) => {
      const value = headers[name]
      return value === undefined ? [] : [value]
    },
    ip: '127.0.0.1',
  }
}

async function mustAllow(guard: Guard, request: GuardRequest): Promise<void> {
  const check = await guard.check(request, rule)
  if (check.outcome === 'refuse') throw new Error(`the guard refused: ${check.refusal.detail}`)
}

async function core(scene: Scene, headers: readonly Headers[]): Promise<Subject> {
  const { source, guard } = await connect(scene)
  const next = inTurn(headers)
  return {
    prepare: (count) => next(count).map(requestWith),
    check: (request) => mustAllow(guard, request as GuardRequest),
    close: () => source.close(),
  }
}

async function inExpress(scene: Scene, headers: readonly Headers[]): Promise<Subject> {
  const { source, guard } = await connect(scene)
  const middleware = expressGuard(guard)(rule)
  const exchange = createExchanges()
  const next = inTurn(headers)
  return {
    prepare: (count) => next(count).map(exchange),
    check(input) {
      const { request, response } = input as Exchange
      return passed((done) => middleware(request, response, done), { request, response })
    },
    close: () => source.close(),
  }
}

const known = (scene: Scene): readonly Headers[] => scene.tokens.slice(0, inUse).map(bearer)

/** `guard.check` of a token that it sees for the first time. */
export const guardFirst = (scene: Scene): Promise<Subject> => core(scene, scene.tokens.map(bearer))
/** `guard.check` of a token that came before. */
export const guardAgain = (scene: Scene): Promise<Subject> => core(scene, known(scene))
/** `guard.check` of a known API key. */
export const guardKey = (scene: Scene): Promise<Subject> => core(scene, scene.keys.map(inOwnHeader))
/** The Express adapter, with a token that it sees for the first time. */
export const expressFirst = (scene: Scene): Promise<Subject> => inExpress(scene, scene.tokens.map(bearer))
/** The Express adapter, with a token that came before. */
export const expressAgain = (scene: Scene): Promise<Subject> => inExpress(scene, known(scene))
