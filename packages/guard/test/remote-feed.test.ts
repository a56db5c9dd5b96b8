/** A guard that follows a feed on which events come twice, late, broken or not at all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectFacts, type RemoteFacts, type RemoteOptions } from '@sallyport/guard'
import { eventText, type LyingServer, startLyingServer, teamChange } from './support/lying-server.ts'

const access = { clientId: 'g', clientSecret: 's' }

async function connected(
  act: (server: LyingServer, source: RemoteFacts) => Promise<void>,
  options: Partial<RemoteOptions> = {},
): Promise<void> {
  const server = await startLyingServer()
  const source = await connectFacts({ server: server.address, ...access, ...options })
  try {
    await act(server, source)
  } finally {
    await source.close()
    await server.close()
  }
}

const planOf = async (source: RemoteFacts) => (await source.team('team_1'))?.plan

/** Waits until it holds; fails loudly rather than for ever. */
async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.fail(what)
}

/** Changes the plan and tells of it by `text`; resolves once the guard knows. */
async function change(server: LyingServer, source: RemoteFacts, plan: string, text: string): Promise<void> {
  server.teams.set('team_1', { plan })
  server.tell(text)
  await eventually(async () => (await planOf(source)) === plan, `the guard never heard of ${plan}`)
}

test('what is known is not asked for again, and what the feed names is', async () => {
  await connected(async (server, source) => {
    for (let count = 0; count < 5; count += 1) assert.equal(await planOf(source), 'Free')
    assert.equal(server.asked['/guard/facts'], 1)
    await change(server, source, 'Standard', teamChange(2))
  })
})

test('a change told twice, or later than a newer one, counts and does not move the position back', async () => {
  await connected(async (server, source) => {
    assert.equal(await planOf(source), 'Free')
    await change(server, source, 'A', teamChange(9))
    await change(server, source, 'B', teamChange(9))
    await change(server, source, 'C', teamChange(7))
    assert.equal(server.positions.at(-1), '9')
    server.hangUp()
    await eventually(() => server.opened.length === 2, 'it did not come back')
    assert.equal(server.opened[1], '9')
  })
})

test('a reset forgets everything and is where the position starts anew', async () => {
  await connected(async (server, source) => {
    assert.equal(await planOf(source), 'Free')
    await change(server, source, 'A', teamChange(9))
    await change(server, source, 'B', eventText(3, 'reset'))
    assert.equal(server.positions.at(-1), '3')
  })
})

test('events in pieces, comments and events of other names change nothing', async () => {
  await connected(async (server, source) => {
    assert.equal(await planOf(source), 'Free')
    server.tell(': a comment\n\nid: 2\nevent: news\ndata: {}\n\n')
    const text = teamChange(3)
    server.tell(text.slice(0, 9))
    await new Promise(setImmediate)
    await change(server, source, 'A', text.slice(9))
  })
})

for (const [name, text] of [
  ['no JSON', 'id: 2\nevent: change\ndata: {"kind"\n\n'],
  ['an event without end', `data: ${'x'.repeat(70_000)}`],
] as const) {
  test(`a feed that sends ${name} is opened anew`, async () => {
    await connected(async (server, source) => {
      server.tell(text)
      await eventually(() => server.opened.length >= 2, 'it was not opened anew')
      await eventually(() => source.isFresh(), 'it did not catch up')
      assert.equal(await planOf(source), 'Free')
    })
  })
}

test('a hundred thousand events at once are all heard', async () => {
  await connected(async (server, source) => {
    assert.equal(await planOf(source), 'Free')
    server.teams.set('team_1', { plan: 'A' })
    const many = Array.from({ length: 100_000 }, (_, index) => teamChange(index + 2, `t${index}`))
    server.tell(many.join(''))
    await change(server, source, 'A', teamChange(100_002))
    assert.equal(server.positions.at(-1), '100002')
  })
})

test('a feed that beats no more is lost: facts in memory are not used', async () => {
  await connected(
    async (server, source) => {
      assert.equal(await planOf(source), 'Free')
      // Refused when it comes back, so that it stays lost.
      server.answer('/guard/feed', 503)
      server.hangUp()
      await eventually(() => !source.isFresh(), 'it still counts as fresh')
      server.teams.set('team_1', { plan: 'A' })
      assert.equal(await planOf(source), 'A', 'asked for')
      server.teams.set('team_1', { plan: 'B' })
      assert.equal(await planOf(source), 'B', 'and not kept')
    },
    { lostAfterMs: 500 },
  )
})

test('a guard that may not ask refuses while the feed is lost', async () => {
  await connected(
    async (server, source) => {
      assert.equal(await planOf(source), 'Free')
      server.answer('/guard/feed', 503)
      server.hangUp()
      await eventually(() => !source.isFresh(), 'it still counts as fresh')
      await assert.rejects(planOf(source), /feed is lost/)
    },
    { lostAfterMs: 500, whenLost: 'refuse' },
  )
})

test('metadata that could not be read when a key changed is read again until it is', async () => {
  await connected(async (server) => {
    const before = server.asked['/guard/metadata'] ?? 0
    server.answer('/guard/metadata', 500)
    server.tell(eventText(2, 'change', { kind: 'signing-key', id: 'k' }))
    await eventually(() => (server.asked['/guard/metadata'] ?? 0) > before + 1, 'it gave up')
    server.answer('/guard/metadata', undefined)
    const tried = server.asked['/guard/metadata'] ?? 0
    await eventually(() => (server.asked['/guard/metadata'] ?? 0) > tried, 'it gave up')
  })
})

test('a server that refuses, or whose events do not come through, is told at the start', async () => {
  const server = await startLyingServer()
  server.answer('/guard/feed', 401)
  await assert.rejects(connectFacts({ server: server.address, ...access }), /can't be followed: .*401/)
  server.answer('/guard/feed', undefined)
  server.answer('/guard/metadata', 500)
  await assert.rejects(connectFacts({ server: server.address, ...access }), /can't be followed: .*500/)
  await server.close()
  await assert.rejects(connectFacts({ server: server.address, ...access }), /can't be followed/)
})
