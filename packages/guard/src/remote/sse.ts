/** One server-sent event. */
export interface ServerSentEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Longer than any event of the feed; a server that sends more is not ours. */
const longest = 64 * 1024

/**
 * Reads events from a body, calling `heard` for every piece that arrives: a comment is no event and yet a sign of life.
 * Throws when an event grows beyond what the feed sends.
 * @see HTML Standard §9.2.6
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of body) {
    heard()
    text += decoder.decode(piece, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    if (text.length > longest) throw new Error('the feed sent an event that is too long')
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => {
          const at = line.indexOf(':')
          return [line.slice(0, at), line.slice(at + 1).trimStart()] as const
        }),
      )
      const data = fields.get('data')
      if (data !== undefined)
        yield { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data }
    }
  }
}
