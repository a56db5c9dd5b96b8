import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  isFinal,
  problemCode,
  problemWords,
  waitAfter,
  type WidgetProblemCode,
} from '../src/widget/decide.ts'
import { widgetScript } from '../src/widget/script.ts'
import {
  createWidget,
  keptSession,
  type Page,
  readSession,
  type WidgetOptions,
  type WidgetProblem,
} from '../src/widget/session.ts'

const codes: [status: number | undefined, blocked: boolean, code: WidgetProblemCode, final: boolean][] = [
  [403, false, 'origin_not_allowed', true],
  [404, false, 'unknown_widget', true],
  [400, false, 'refused', true],
  [415, false, 'refused', true],
  [429, false, 'too_many', false],
  [408, false, 'unavailable', false],
  [500, false, 'unavailable', false],
  [503, false, 'unavailable', false],
  [200, false, 'malformed_answer', false],
  [undefined, false, 'unreachable', false],
  [undefined, true, 'blocked_by_policy', true],
]
for (const [status, blocked, code, final] of codes) {
  test(`widget: ${status ?? 'no answer'}${blocked ? ' under a policy' : ''} is ${code}, ${final ? 'final' : 'tried again'}`, () => {
    assert.deepEqual([problemCode(status, blocked), isFinal(code)], [code, final])
    const words = problemWords(
      code,
      { origin: 'https://a.example', agent: 'bot', server: 'https://s.example' },
      status,
    )
    assert.match(words, /bot|s\.example/)
    assert.doesNotMatch(words, / {2}/, 'the script has its texts squeezed')
  })
}

const waits: [failures: number, retryAfter: number | undefined, chance: number, ms: number][] = [
  [1, undefined, 0, 500],
  [1, undefined, 1, 1000],
  [3, undefined, 0, 2000],
  [7, undefined, 0, 30_000],
  [2000, undefined, 1, 60_000],
  [1, 30, 0, 30_000],
  [7, 1, 1, 60_000],
]
for (const [failures, retryAfter, chance, ms] of waits) {
  test(`widget: after ${failures} failures, asked to wait ${retryAfter ?? 'nothing'}, it waits ${ms} ms`, () =>
    assert.equal(waitAfter(failures, retryAfter, chance), ms))
}

const answers: [name: string, answer: unknown, renewAfter: number | undefined][] = [
  ['a session of an hour', { token: 't', expires_in_seconds: 3600 }, 3_540_000],
  ['one of a minute', { token: 't', expires_in_seconds: 60 }, 54_000],
  ['no token', { expires_in_seconds: 60 }, undefined],
  ['no end', { token: 't' }, undefined],
  ['an end that is text', { token: 't', expires_in_seconds: '60' }, undefined],
  ['no time at all', { token: 't', expires_in_seconds: 0 }, undefined],
  ['nothing', undefined, undefined],
  ['a text', 'x', undefined],
]
for (const [name, answer, renewAfter] of answers) {
  test(`widget: ${name} is ${renewAfter === undefined ? 'no session' : `renewed after ${renewAfter} ms`}`, () =>
    assert.equal(readSession(answer, 0)?.renewAt, renewAfter))
}

test('widget: of what the tab has kept only a session that lasts is used', () => {
  const session = readSession({ token: 't', expires_in_seconds: 3600 }, 0)
  const text = JSON.stringify(session)
  assert.deepEqual(keptSession(text, 3_539_999), session)
  assert.equal(keptSession(text, 3_540_000), undefined)
  for (const other of [undefined, '', 'null', '[]', '{"token":1}', text.slice(1)])
    assert.equal(keptSession(other, 0), undefined)
})

/** A page whose time and network the test moves. */
function createPage(answer: () => Response | Promise<Response>) {
  let now = 0
  let hidden = false
  let shown = () => undefined as void
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>()
  const kept = new Map<string, string>()
  const page: Page & { readonly asked: number[]; readonly warned: string[] } = {
    asked: [],
    warned: [],
    origin: 'https://a.example',
    now: () => now,
    chance: () => 0,
    later(run, ms) {
      const id = timers.size + 1
      timers.set(id, { at: now + ms, run })
      return id
    },
    cancel: (id) => void timers.set(id as number, { at: Number.POSITIVE_INFINITY, run: () => undefined }),
    isHidden: () => hidden,
    onShown(listener) {
      shown = listener
    },
    hasBlocked: () => false,
    async fetch() {
      page.asked.push(now)
      return answer()
    },
    keep: (name, text) => void (text === undefined ? kept.delete(name) : kept.set(name, text)),
    kept: (name) => kept.get(name),
    warn: (message) => void page.warned.push(message),
  }
  return {
    page,
    /** Lets time pass in steps of 10 ms, and what is under way go on. */
    async advance(ms: number) {
      for (const end = now + ms; now < end; ) {
        await new Promise((resolve) => setImmediate(resolve))
        now += 10
        for (const [id, { at, run }] of timers) {
          if (at > now) continue
          timers.set(id, { at: Number.POSITIVE_INFINITY, run })
          run()
        }
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
    show(visible: boolean) {
      hidden = !visible
      shown()
    },
  }
}
const session = (seconds = 60) => Response.json({ token: 't', expires_in_seconds: seconds }, { status: 201 })
const options: WidgetOptions = { agent: 'bot', server: 'https://s.example' }

describe('a widget', () => {
  test('asks once however many ask it, and gives the same session', async () => {
    const { page, advance } = createPage(session)
    const widget = createWidget(options, page)
    const all = Promise.all(Array.from({ length: 50 }, () => widget.session()))
    await advance(10)
    assert.equal(new Set(await all).size, 1)
    assert.equal(page.asked.length, 1)
  })

  test('tries again after growing waits, warns once, and starts from the shortest after a success', async () => {
    let working = false
    const { page, advance } = createPage(() => (working ? session() : new Response('', { status: 503 })))
    const widget = createWidget(options, page)
    await advance(8000)
    assert.deepEqual(page.asked, [0, 500, 1500, 3500, 7500])
    assert.equal(page.warned.length, 1)
    await assert.rejects(widget.session(), { code: 'unavailable', final: false, status: 503 })
    assert.equal(page.asked.length, 5, 'asking the widget does not hurry it')
    working = true
    await advance(8000)
    working = false
    const since = page.asked.length
    await advance(58_000)
    const [renewal = 0, next = 0] = page.asked.slice(since)
    assert.equal(next - renewal, 500)
  })

  test('starts nothing while hidden unless it is asked to', async () => {
    const { page, advance, show } = createPage(session)
    show(false)
    const widget = createWidget(options, page)
    await advance(100)
    assert.equal(page.asked.length, 0)
    const asked = widget.session()
    await advance(10)
    assert.equal((await asked).token, 't')
    await advance(120_000)
    assert.equal(page.asked.length, 1)
    show(true)
    await advance(10)
    assert.equal(page.asked.length, 2)
  })

  test('is not kept from its session by a listener that throws', async () => {
    const { page, advance } = createPage(session)
    const later = page.later.bind(page)
    const thrown: unknown[] = []
    page.later = (run, ms) =>
      later(() => {
        try {
          run()
        } catch (error) {
          // As a browser does: to the console, and on.
          thrown.push(error)
        }
      }, ms)
    const widget = createWidget(
      {
        ...options,
        onSession() {
          throw new Error('of the page')
        },
      },
      page,
    )
    const asked = widget.session()
    await advance(20)
    assert.equal((await asked).token, 't')
    assert.equal(thrown.length, 1)
  })

  test('whose token the API has refused gets another, one for all who ask', async () => {
    let count = 0
    const { page, advance } = createPage(() => {
      count += 1
      return Response.json({ token: `t${count}`, expires_in_seconds: 60 }, { status: 201 })
    })
    const widget = createWidget(options, page)
    await advance(100)
    const all = Promise.all([widget.renew(), widget.renew(), widget.session()])
    await advance(10)
    assert.deepEqual(
      (await all).map(({ token }) => token),
      ['t2', 't2', 't2'],
    )
    assert.equal(page.kept('sallyport https://s.example/api/agents/agent-session/ bot')?.includes('t2'), true)
  })

  test('that was stopped renews nothing', async () => {
    const { page, advance } = createPage(session)
    const widget = createWidget(options, page)
    await advance(100)
    widget.stop()
    await advance(120_000)
    assert.equal(page.asked.length, 1)
  })

  test('hears of a limit how long to wait', async () => {
    const problems: WidgetProblem[] = []
    const { page, advance } = createPage(() => Response.json({ available_in: 40 }, { status: 429 }))
    createWidget({ ...options, onProblem: (problem) => problems.push(problem) }, page)
    await advance(40_100)
    assert.deepEqual(page.asked, [0, 40_000])
    assert.deepEqual([problems[0]?.code, problems[0]?.retryAfter], ['too_many', 40])
  })
})

test('the script holds every function of the widget, and none that needs more than those', () => {
  const script = widgetScript()
  const folder = join(import.meta.dirname, '../src/widget')
  const sources = readdirSync(folder).filter((name) => !['index.ts', 'script.ts'].includes(name))
  assert.ok(sources.length > 0)
  for (const name of sources) {
    const source = readFileSync(join(folder, name), 'utf8')
    const declared = [...source.matchAll(/^(?:export )?(?:async )?function (\w+)/gm)].map(([, one]) => one)
    assert.ok(declared.length > 0)
    for (const one of declared) assert.match(script, new RegExp(`^(async )?function ${one} ?\\(`, 'm'))
    assert.doesNotMatch(
      source,
      /^(?:export )?(?:const|let|class) /m,
      `${name} has a value that no function carries`,
    )
  }
  assert.doesNotMatch(script, /\bimport\b|\beval\b|new Function|innerHTML|\.style\b/)
})
