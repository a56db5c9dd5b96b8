/** A range of addresses; a v4-mapped v6 address is its v4 address. */
export interface IpRange {
  readonly version: 4 | 6
  readonly value: bigint
  readonly prefixLength: number
}

/** Addresses and networks, parsed. */
export type IpList = readonly IpRange[]

/** A parsed list, or the first entry that is not an address or network. */
export type IpListResult =
  | { readonly outcome: 'ok'; readonly list: IpList }
  | { readonly outcome: 'refuse'; readonly entry: string }

type Address = Pick<IpRange, 'version' | 'value'>

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const v4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)
const group = /^[0-9A-Fa-f]{1,4}$/
const mapped = 0xffffn
const bits = { 4: 32, 6: 128 } as const

function parseV4(text: string): bigint | undefined {
  if (!v4.test(text)) return undefined
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

/** The 16-bit groups of one side of `::`, or `undefined`; a v4 tail counts as two. */
function parseGroups(text: string, last: boolean): readonly bigint[] | undefined {
  if (text === '') return []
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const tail = last && index === parts.length - 1 ? parseV4(part) : undefined
    if (tail !== undefined) groups.push(tail >> 16n, tail & 0xffffn)
    else if (group.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
}

function parseV6(text: string): bigint | undefined {
  const [left = '', right, more] = text.split('::')
  if (more !== undefined) return undefined
  const head = parseGroups(left, right === undefined)
  const tail = right === undefined ? [] : parseGroups(right, true)
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (right === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail]
  return groups.reduce((value, part) => (value << 16n) | part, 0n)
}

function parseAddress(text: string): (Address & { readonly wasMapped: boolean }) | undefined {
  const four = parseV4(text)
  if (four !== undefined) return { version: 4, value: four, wasMapped: false }
  const six = text.length <= 45 ? parseV6(text) : undefined
  if (six === undefined) return undefined
  if (six >> 32n === mapped) return { version: 4, value: six & 0xffffffffn, wasMapped: true }
  return { version: 6, value: six, wasMapped: false }
}

function parseRange(text: string): IpRange | undefined {
  const [address = '', length, more] = text.split('/')
  const parsed = parseAddress(address)
  if (!parsed || more !== undefined) return undefined
  const { version, value, wasMapped } = parsed
  if (length === undefined) return { version, value, prefixLength: bits[version] }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined
  const prefixLength = Number(length) - (wasMapped ? 96 : 0)
  if (prefixLength < 0 || prefixLength > bits[version]) return undefined
  const hostBits = BigInt(bits[version] - prefixLength)
  // 10.0.0.5/8 may mean one address or sixteen million; whoever wrote it should say.
  return (value >> hostBits) << hostBits === value ? { version, value, prefixLength } : undefined
}

/** Reads addresses and CIDR networks; a network with host bits set is refused. @see RFC 4632 §3.1, RFC 4291 §2.3 */
export function parseIpList(entries: readonly string[]): IpListResult {
  const list: IpRange[] = []
  for (const entry of entries) {
    const range = parseRange(entry)
    if (!range) return { outcome: 'refuse', entry }
    list.push(range)
  }
  return { outcome: 'ok', list }
}

/** Whether an address is in the list. An empty list allows none: don't ask for a key that has no list. @see RFC 4632 §3.1 */
export function isIpAllowed(ip: string, list: IpList): boolean {
  const address = parseAddress(ip)
  if (!address) return false
  return list.some((range) => {
    const hostBits = BigInt(bits[range.version] - range.prefixLength)
    return range.version === address.version && range.value >> hostBits === address.value >> hostBits
  })
}

/** What an address is counted under: a v6 /64, which one subscriber holds whole, or the v4 address. @see RFC 6177 §2 */
export function ipBucket(ip: string): string {
  const address = parseAddress(ip)
  if (!address) return 'unknown'
  const { version, value } = address
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
  const groups = [112n, 96n, 80n, 64n].map((shift) => ((value >> shift) & 0xffffn).toString(16))
  return `${groups.join(':')}::/64`
}
