import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isIpAllowed, isPublicAddress, parseIpList } from '@sallyport/protocol'

/** An address to connect to, whatever its name says later. */
export interface Pinned {
  readonly address: string
  readonly family: 4 | 6
}

/** Looks a name up. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string }[]>

const byDns: Resolve = (host) => lookup(host, { all: true })

const familyOf = (address: string): 4 | 6 => (isIP(address) === 6 ? 6 : 4)

/** Rejects when the time is up; what was asked goes on without anybody listening. */
function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('aborted'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/**
 * The addresses of a host, looked up once, when all of them may be asked; in words why not otherwise. One that may not is enough
 * to refuse: a name with both could be turned from one to the other at any moment.
 */
export async function resolvePublic(
  host: string,
  privateNetworks: readonly string[],
  { signal, resolve = byDns }: { readonly signal: AbortSignal; readonly resolve?: Resolve | undefined },
): Promise<readonly Pinned[] | string> {
  const allowed = parseIpList(privateNetworks)
  if (allowed.outcome === 'refuse') throw new TypeError(`not a network: ${allowed.entry}`)
  const found = isIP(host) === 0 ? await within(resolve(host), signal) : [{ address: host }]
  const may = ({ address }: { readonly address: string }) =>
    isPublicAddress(address) || isIpAllowed(address, allowed.list)
  if (found.length === 0) return 'no address'
  if (!found.every(may)) return 'an address of a private network'
  return found.map(({ address }) => ({ address, family: familyOf(address) }))
}
