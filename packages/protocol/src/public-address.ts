import { type IpList, type IpListResult, isIpAllowed, parseIpList } from './ip.ts'

/** The list of ranges that are written down here; a mistake in one shows at start. */
function listOf(entries: readonly string[]): IpList {
  const parsed: IpListResult = parseIpList(entries)
  if (parsed.outcome === 'refuse') throw new TypeError(`not a network: ${parsed.entry}`)
  return parsed.list
}

/** Networks that are not part of the internet, or lead back into one that is not. @see RFC 6890 §2.2.2, IANA IPv4 special-purpose registry */
const notPublic = listOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Within 2000::/3: protocol assignments with Teredo, documentation, 6to4, which holds any IPv4 address.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
])

/** All of IPv4, and the part of IPv6 from which addresses are given out. @see RFC 4291 §2.4, RFC 6890 §2.2.3 */
const unicast = listOf(['0.0.0.0/0', '2000::/3'])

/**
 * Whether an address is one of the public internet, so that asking it tells nobody anything about our own network. A v4 address
 * in v6 clothes counts as what it is.
 */
export function isPublicAddress(ip: string): boolean {
  return isIpAllowed(ip, unicast) && !isIpAllowed(ip, notPublic)
}
