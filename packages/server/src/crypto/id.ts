import { randomBytes } from 'node:crypto'

let lastSecond = 0
let counter = 0

/**
 * A fresh id, sortable by the moment it was made: UUIDv7 in hex after `prefix`. Within a second a counter keeps the order
 * of this process.
 * @see RFC 9562 §5.7, §6.2 method 1
 */
export function newId(prefix: string, now: number): string {
  // A clock that steps back must not make a younger id sort before an older one.
  counter = now <= lastSecond ? counter + 1 : 0
  lastSecond = Math.max(now, lastSecond)
  const bytes = randomBytes(16)
  bytes.writeUIntBE(lastSecond * 1000 + Math.min(999, counter >> 12), 0, 6)
  bytes.writeUInt16BE(0x7000 | (counter & 0x0fff), 6)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return prefix + bytes.toString('hex')
}
