import { connect } from 'node:net'
import type { TestServer } from './server.ts'

/** Writes bytes to a server as they are; what came back until the server closed the connection. */
export function sendRaw(server: TestServer, bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.write(bytes)
  })
}

/**
 * Sends the same JSON so many times in one packet of one connection, so that all of them are under way before the first
 * is answered: requests on connections of their own are often served one after the other. The answers, each read whole.
 */
export async function sendTogether(
  server: TestServer,
  path: string,
  json: unknown,
  times: number,
): Promise<readonly { readonly status: number; readonly json: Readonly<Record<string, unknown>> }[]> {
  const body = JSON.stringify(json)
  const request = (connection: string) =>
    `POST ${path} HTTP/1.1\r\nHost: ${new URL(server.base).host}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: ${connection}\r\n\r\n${body}`
  const answer = await sendRaw(server, request('keep-alive').repeat(times - 1) + request('close'))
  return answer
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((one) => one !== '')
    .map((one) => ({
      status: Number(one.slice(9, 12)),
      json: JSON.parse(one.slice(one.indexOf('\r\n\r\n') + 4)) as Readonly<Record<string, unknown>>,
    }))
}
