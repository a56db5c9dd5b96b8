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
  // A machine that is busy with the events may be late with an answer.
  const known = () => planOf(source).catch(() => undefined)
  await eventually(async () => (await known()) === plan, `the guard never heard of ${plan}`)
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
    assert.equal(server.positions.at(-1), '9-mark')
    server.hangUp()
    await eventually(() => server.opened.length === 2, 'it did not come back')
    assert.equal(server.opened[1], '9-mark')
  })
})

test('a reset forgets everything and is where the position starts anew', async () => {
  await connected(async (server, source) => {
    assert.equal(await planOf(source), 'Free')
    await change(server, source, 'A', teamChange(9))
    await change(server, source, 'B', eventText(3, 'reset'))
    assert.equal(server.positions.at(-1), '3-mark')
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
    const many = Array.from({ length: 100_000 }, (_, index) => teamChange(index + 2, `t${index}`))
    server.tell(many.join(''))
    // Told again until it is asked about from there: a guard that is busy with the others asks from further back meanwhile.
    await eventually(async () => {
      server.tell(teamChange(100_002))
      await planOf(source).catch(() => undefined)
      return server.positions.at(-1) === '100002-mark'
    }, 'it never came to the last of them')
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
  await assert.rejects(
    connectFacts({ server: server.address, ...access }),
    /can't be followed: it refuses this client id and secret/,
  )
  server.answer('/guard/feed', undefined)
  server.answer('/guard/metadata', 500)
  await assert.rejects(connectFacts({ server: server.address, ...access }), /can't be followed: .*500/)
  server.answer('/guard/feed', 404)
  await assert.rejects(connectFacts({ server: server.address, ...access }), /there is no Sallyport at this/)
  await server.close()
  await assert.rejects(
    connectFacts({ server: server.address, ...access }),
    /can't be followed: fetch failed: \S/,
  )
})

test('changes that waited in a queue are no sign of life: only the age of the newest beat counts', async () => {
  await connected(
    async (server, source) => {
      assert.equal(await planOf(source), 'Free')
      server.pauseBeats()
      const old = performance.now()
      await eventually(() => {
        server.tell(teamChange(2, 'other') + eventText(2, 'beat', { at: old }))
        return !source.isFresh()
      }, 'old news count as fresh')
      server.teams.set('team_1', { plan: 'A' })
      assert.equal(await planOf(source), 'A', 'asked for')
      server.tell(eventText(2, 'beat', { at: performance.now() }))
      await eventually(() => source.isFresh(), 'it never became fresh again')
    },
    { lostAfterMs: 500 },
  )
})

test('another configuration forgets every fact, and facts of a third are not kept', async () => {
  await connected(async (server, source) => {
    assert.equal(await planOf(source), 'Free')
    server.teams.set('team_1', { plan: 'A' })
    server.state.config = 'two'
    server.hangUp()
    // Metadata still comes from a server with the old configuration: nothing is current until it does not.
    await eventually(() => server.opened.length === 2, 'it did not come back')
    assert.equal(source.isFresh(), false)
    assert.equal(await planOf(source), 'A')
    server.state.metadataConfig = 'two'
    await eventually(() => source.isFresh(), 'metadata was not read until it was right')
    assert.equal(await planOf(source), 'A')
    const asked = server.asked['/guard/facts'] ?? 0
    assert.equal(await planOf(source), 'A')
    assert.equal(server.asked['/guard/facts'], asked, 'held again')
    server.state.config = 'three'
    server.tell(teamChange(9))
    await eventually(async () => {
      const before = server.asked['/guard/facts'] ?? 0
      await planOf(source)
      await planOf(source)
      return (server.asked['/guard/facts'] ?? 0) === before + 2
    }, 'a fact of another configuration was kept')
  })
})

test('while the feed is lost, doors, keys and roles are asked for as well, at most once a second', async () => {
  await connected(
    async (server, source) => {
      server.answer('/guard/feed', 503)
      server.hangUp()
      await eventually(() => !source.isFresh(), 'it still counts as fresh')
      const upToDate = async () => source.upToDate?.()
      const asked = () => server.asked['/guard/metadata'] ?? 0
      const first = asked()
      await eventually(async () => {
        await upToDate()
        return asked() > first
      }, 'it was never asked for')
      for (let count = 0; count < 20; count += 1) await upToDate()
      assert.equal(asked(), first + 1)
      server.answer('/guard/metadata', 503)
      await eventually(
        () =>
          upToDate().then(
            () => false,
            () => true,
          ),
        'what can’t be had is taken for known',
      )
    },
    { lostAfterMs: 500 },
  )
})
