import { connect } from 'node:net'

/** An answer as bytes, cut at its first empty line. */
export interface RawAnswer {
  /** 0 where nothing came back. */
  readonly status: number
  readonly head: string
  readonly rest: string
}

/** How an exchange goes on: `afterwards` is written once something came back; with `patienceMs` more than one answer is read. */
export interface Exchange {
  readonly afterwards?: string
  readonly patienceMs?: number
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  return { status: Number(head.slice(9, 12)), head, rest: rest.join('\r\n\r\n') }
}

function isWhole(text: string): boolean {
  const { head, rest } = parseAnswer(text)
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  return length !== undefined && text.length > head.length + 3 && rest.length >= Number(length)
}

/**
 * Writes bytes to a proxy as they are and reads one answer, or until it hangs up, or for so long after it has said something:
 * a proxy that waits for more would otherwise hold the test.
 */
export function exchangeRaw(port: number, bytes: string, exchange: Exchange = {}): Promise<RawAnswer> {
  const { afterwards, patienceMs } = exchange
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setTimeout(patienceMs ?? 1500, () => text !== '' && socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      if (text === '' && afterwards !== undefined) socket.write(afterwards)
      text += chunk.toString('latin1')
      if (patienceMs === undefined && isWhole(text)) socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => error.code !== 'ECONNRESET' && reject(error))
    socket.on('close', () => resolve(parseAnswer(text)))
    socket.write(bytes, 'latin1')
  })
}

/** A request as bytes. `Connection: close` unless the lines say something about it. */
export function rawRequest(firstLine: string, lines: readonly string[] = [], body = ''): string {
  const closing = lines.some((line) => /^connection:/i.test(line)) ? [] : ['Connection: close']
  return [firstLine, 'Host: api.example', ...lines, ...closing, '', body].join('\r\n')
}
