import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvents } from '../src/remote/sse.ts'

function bodyOf(pieces: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      controller.close()
    },
  })
}

async function read(pieces: readonly string[]) {
  const events: string[] = []
  let heard = 0
  for await (const { id, event, data } of readEvents(bodyOf(pieces), () => (heard += 1)))
    events.push(`${id} ${event} ${data}`)
  return { events, heard }
}

const stream = 'id: 1\nevent: change\ndata: {"a":"é"}\n\n: \n\nid: 2\nevent: ready\ndata: {}\n\n'

test('events come out the same however the stream is cut', async () => {
  const expected = ['1 change {"a":"é"}', '2 ready {}']
  for (const size of [1, 2, 3, 7, 1000]) {
    const pieces = stream.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
    assert.deepEqual((await read(pieces)).events, expected, `pieces of ${size}`)
  }
})

test('a comment is no event and yet a sign of life', async () => {
  assert.deepEqual(await read([': \n\n', ': \n\n']), { events: [], heard: 2 })
})

test('what breaks off in the middle of an event is not taken for one', async () => {
  assert.deepEqual((await read(['id: 1\nevent: change\ndata: {"a"'])).events, [])
})

test('an event that never ends is not collected for ever', async () => {
  await assert.rejects(read(['data: ', 'x'.repeat(70_000)]), /too long/)
})
