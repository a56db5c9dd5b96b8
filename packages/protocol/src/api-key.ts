import type { Environment } from './principal.ts'

/** How the keys of a door are written: `osir_live_` + 30 base62 + 6, or `sk_` + 56 hex + 8. */
export interface KeyFormat {
  readonly prefix: string
  readonly layout: 'base62' | 'hex'
  readonly environments: boolean
}

/** A string that has the shape and the checksum of a key; whether it exists is for the store to say. */
export interface RecognisedKey<F extends KeyFormat = KeyFormat> {
  readonly format: F
  readonly environment: Environment
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const randomBytes = 32
const shapes = { base62: /^[0-9A-Za-z]{36}$/, hex: /^[0-9a-f]{64}$/ } as const
const checksumLength = { base62: 6, hex: 8 } as const

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

function crc32(text: string): number {
  let c = 0xffffffff
  for (let i = 0; i < text.length; i++) c = (crcTable[(c ^ text.charCodeAt(i)) & 0xff] ?? 0) ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

// Over everything before it, so that a key whose environment was edited is noise too.
function checksum(layout: KeyFormat['layout'], text: string): string {
  const crc = crc32(text)
  return layout === 'hex' ? crc.toString(16).padStart(8, '0') : base62(BigInt(crc), checksumLength.base62)
}

/** The key that 32 random bytes make. Throws `TypeError` on fewer bytes, or a test key where there are none. */
export function formatApiKey(format: KeyFormat, environment: Environment, random: Uint8Array): string {
  if (random.length < randomBytes) throw new TypeError(`random: ${randomBytes} bytes are needed`)
  if (!format.environments && environment !== 'live')
    throw new TypeError(`${format.prefix}: has no test keys`)
  const head = format.environments ? `${format.prefix}_${environment}_` : `${format.prefix}_`
  const secret =
    format.layout === 'hex'
      ? hex(random.subarray(0, 28))
      : // 256 bits reduced to 62^30 (178 bits): the bias is below 2^-77.
        base62(BigInt(`0x${hex(random.subarray(0, randomBytes))}`), 30)
  return head + secret + checksum(format.layout, head + secret)
}

function recognise(text: string, format: KeyFormat): Environment | undefined {
  const rest = text.slice(format.prefix.length + 1)
  const environment = !format.environments || rest.startsWith('live_') ? 'live' : 'test'
  if (format.environments && !rest.startsWith(`${environment}_`)) return undefined
  const secret = format.environments ? rest.slice(environment.length + 1) : rest
  if (!shapes[format.layout].test(secret)) return undefined
  const cut = text.length - checksumLength[format.layout]
  return checksum(format.layout, text.slice(0, cut)) === text.slice(cut) ? environment : undefined
}

/**
 * Which of `formats` a string is a key of; `'malformed'` when it has a known prefix and nothing else right.
 * Needs no store, so guessing costs the store nothing.
 */
export function recogniseApiKey<F extends KeyFormat>(
  text: string,
  formats: readonly F[],
): RecognisedKey<F> | 'malformed' | undefined {
  const candidates = formats.filter((format) => text.startsWith(`${format.prefix}_`))
  for (const format of candidates) {
    const environment = recognise(text, format)
    if (environment !== undefined) return { format, environment }
  }
  return candidates.length > 0 ? 'malformed' : undefined
}

/** What may be shown of a key after it was shown once: its first five and last four characters. */
export function previewApiKey(key: string): string {
  return key.length < 20 ? '…' : `${key.slice(0, 5)}…${key.slice(-4)}`
}
