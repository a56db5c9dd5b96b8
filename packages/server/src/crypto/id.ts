import { randomFillSync } from 'node:crypto'

/** Ids that fit into one millisecond before the next one is borrowed: the 12 bits of `rand_a`. */
const PER_MILLISECOND = 4096

const pool = new Uint8Array(4096)
let unread = 0
let millisecond = 0
let counter = 0

/** The next eight random bytes as hex, drawn from the system a page at a time. */
function randomHex(): string {
  if (unread < 8) unread = randomFillSync(pool).length
  const start = pool.length - unread
  unread -= 8
  return Buffer.from(pool.subarray(start, start + 8)).toString('hex')
}

/**
 * An id such as `fam_0198…`: `prefix` and 32 hex digits that sort in the order in which this process made them, with
 * 62 random bits. A clock that goes back does not make them sort back.
 *
 * @see RFC 9562 §5.7, §6.2 (method 1; what overflows the counter is carried into the milliseconds)
 */
export function newId(prefix: string, now: number): string {
  const start = now * 1000
  if (start > millisecond) {
    millisecond = start
    counter = 0
  } else if (++counter === PER_MILLISECOND) {
    millisecond += 1
    counter = 0
  }
  const random = randomHex()
  const variant = '89ab'.charAt(Number.parseInt(random.charAt(0), 16) & 3)
  const time = millisecond.toString(16).padStart(12, '0')
  return `${prefix}${time}7${counter.toString(16).padStart(3, '0')}${variant}${random.slice(1)}`
}
