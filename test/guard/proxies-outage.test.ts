/** A server that is gone, slow or talks nonsense: every reverse proxy refuses, and in bounded time. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { send } from '../support/http.ts'
import { openStage, proxies, type Stage } from '../support/proxies/index.ts'
import { type ProxyKind, skipWithout } from '../support/proxies/program.ts'

const json = 'Content-Type: application/json\r\n'
const answers: readonly (readonly [name: string, bytes: string])[] = [
  ['nothing at all', ''],
  ['what is no HTTP', 'hello\r\n'],
  ['another protocol', 'SSH-2.0-x\r\n\r\n'],
  ['half a status line', 'HTTP/1.1 2'],
  ['no status', 'HTTP/1.1 OK 200\r\n\r\n'],
  ['half of its headers', `HTTP/1.1 200 OK\r\nX-Auth-Kind: api-key\r\nX-Auth-`],
  ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n'],
  ['a failure', `HTTP/1.1 500 Internal Server Error\r\n${json}Content-Length: 2\r\n\r\n{}`],
  ['that it is busy', `HTTP/1.1 503 Service Unavailable\r\n${json}Content-Length: 2\r\n\r\n{}`],
  ['that there is no such address', `HTTP/1.1 404 Not Found\r\n${json}Content-Length: 2\r\n\r\n{}`],
]

const yes = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n'
// Most proxies take every 200 for a yes: what is at that address is the operator's to say.
const halves: readonly (readonly [name: string, bytes: string])[] = [
  ['a yes of somebody else', `${yes}\r\n`],
  ['a yes that does not say all', `${yes}X-Auth-Kind: api-key\r\nX-Auth-Id: key_1\r\n\r\n`],
  ['a yes that goes on for ever', `${yes}${'X-A: b\r\n'.repeat(200)}\r\n`],
]

// A script that breaks before it has asked, while it does, and one that answers nothing.
const brokenScripts = [
  'return { tells = {}, asks = {}, says = {}, ask = function() error("broken") end }',
  'return { tells = {}, asks = {}, says = {}, ask = function() return nil end }',
  'return {}',
]

// Side by side, because most of it is waiting.
describe('a server that does not answer as it should', { concurrency: true }, () => {
  for (const kind of proxies) behind(kind)
})

function behind(kind: ProxyKind): void {
  describe(`behind ${kind.name}, by the documented example`, { skip: skipWithout(kind) }, () => {
    const stages: Stage[] = []
    after(() => Promise.all(stages.map((stage) => stage.close())))
    async function newStage(brokenScript?: string): Promise<Stage> {
      // Nobody is asked whom the desk would pass a question on to.
      const stage = await openStage(kind, { base: 'http://127.0.0.1:9' }, brokenScript)
      stages.push(stage)
      return stage
    }
    const ask = (stage: Stage) =>
      send(`${stage.base}/v1/domains`, { method: 'POST', headers: { 'X-API-Key': 'x' }, body: 'hello' })

    test('an answer that is no yes is a no', async () => {
      const stage = await newStage()
      for (const [name, bytes] of kind.script ? [...answers, ...halves] : answers) {
        stage.desk.answerWith(bytes)
        const { status } = await ask(stage)
        assert.ok(status >= 300, `${name}: ${status}`)
        assert.equal(stage.api.seen.length, 0, name)
      }
    })

    test('no answer is a no, and not for the caller to wait for', async () => {
      const stage = await newStage()
      stage.desk.answerWith(undefined)
      const began = performance.now()
      const { status } = await ask(stage)
      assert.ok(status >= 500, String(status))
      // The examples wait three seconds, but Traefik, which waits thirty and can't be told otherwise.
      assert.ok(performance.now() - began < 40_000)
      assert.equal(stage.api.seen.length, 0)
    })

    if (kind.script !== undefined)
      test('a script that breaks lets nobody through', async () => {
        for (const script of brokenScripts) {
          const stage = await newStage(script)
          assert.ok((await ask(stage)).status >= 500, script)
          assert.equal(stage.api.seen.length, 0, script)
        }
      })

    test('where nobody listens nobody passes', async () => {
      const stage = await newStage()
      await stage.desk.leave()
      assert.ok((await ask(stage)).status >= 500)
      assert.equal(stage.api.seen.length, 0)
    })
  })
}
