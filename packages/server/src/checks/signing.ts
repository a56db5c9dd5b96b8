import { isSignedBy, type VerificationKey } from '@sallyport/guard'
import { type CompactJws, decideRotation, ProtocolError } from '@sallyport/protocol'
import { jwtInput, signJwt } from '../crypto/signing-key.ts'
import type { Signer } from '../settings/signing.ts'
import type { AuditEvent } from '../store/contract/index.ts'
import { addKey, addKeyIfDue, type SigningParts } from './add-signing-key.ts'
import { adoptSignerKeys } from './adopt-signer-keys.ts'
import { type BoundedSigner, boundSigner, SignerError } from './external-signer.ts'
import { type HeldKey, HeldKeys } from './held-keys.ts'

/** The signing keys in force, held in memory. */
export interface Signing {
  /** Signs a JWT with the key of `now`, which has to be of the algorithm that is wanted, if any is. Throws `unavailable` when that can't be done; ask before anything is changed. */
  sign(typ: string, claims: object, now: number, algorithm?: string): Promise<string>
  /** Resolves when signing works, by that algorithm if one is wanted, for what can't wait for its signature before it changes something; throws like `sign`. */
  ready(now: number, algorithm?: string): Promise<void>
  /** The public key of that name while it is published. */
  verificationKey(kid: string, now: number): VerificationKey | undefined
  /** Whether one of our published keys signed it; says nothing of its claims. */
  verify(jws: CompactJws, now: number): boolean
  /** The key set to publish: public members only, keys that don't sign yet included. @see RFC 7517 §5 */
  jwks(now: number): { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** When those of the published keys end that have an end, by name. */
  removals(now: number): Readonly<Record<string, number>>
  /** The algorithms of the published keys: that of the one that signs first, then those that tokens may still or soon have. */
  algorithms(now: number): readonly string[]
  /** Adds a key, which is published first. Returns its `kid`. Throws `conflict` where a signer has no newer one. */
  rotate(event: AuditEvent, now: number): Promise<string>
  /** Adds a key if one is due, and reads the keys again if that failed before. For every second: it rests on what is in memory. */
  tend(now: number): Promise<void>
  /** Reads the keys again; called when one was added. */
  reload(now: number): Promise<void>
}

/** What signing rests on. */
export interface OpenSigning extends SigningParts {
  /** Where the keys are, if not here. */
  readonly signer: Signer | undefined
}

/** Seconds between questions for a signer's keys. */
const askEvery = 60

function cannotSign(detail: string): ProtocolError {
  return new ProtocolError('unavailable', 'tokens cannot be issued now', { detail, retryAfter: 5 })
}

async function signWith(
  key: HeldKey | undefined,
  signer: BoundedSigner | undefined,
  [typ, claims]: readonly [typ: string, claims: object],
): Promise<string> {
  // Never with the key before it: that one is withdrawn before a token of now would end.
  if (!key?.signing) throw cannotSign('no key to sign with')
  if (key.signing !== 'external') return signJwt(typ, claims, key.signing)
  if (!signer) throw cannotSign('the key is in a signer that is not configured')
  const input = jwtInput(typ, claims, { kid: key.kid, alg: key.verification.alg })
  return `${input}.${(await signer.sign(key.kid, key.verification, input)).toString('base64url')}`
}

/** Adds keys when it is their time. */
function keyKeeper(parts: OpenSigning, signer: BoundedSigner | undefined, keys: HeldKeys) {
  const own = { type: 'signing-key.added', doorId: 'server' }
  let askedAt = Number.NEGATIVE_INFINITY

  async function ask(now: number): Promise<void> {
    if (!signer || Math.abs(now - askedAt) < askEvery) return
    askedAt = now
    if (await adoptSignerKeys(parts, signer, { event: { ...own, detail: 'signer' }, now }))
      await keys.reload(now)
  }
  async function addIfDue(now: number): Promise<void> {
    const question = { ...parts.policy, now, starting: false }
    if (decideRotation(keys.newest, question).outcome === 'keep') return
    await addKeyIfDue(parts, now, false)
    // Also where another server was first: then it is this one's memory that is old.
    await keys.reload(now)
  }
  return {
    async start(now: number): Promise<void> {
      if (!signer) await addKeyIfDue(parts, now, true)
      await keys.reload(now)
      // Without a key there is nothing to serve; with one the signer may come back later.
      await ask(now).catch((error: unknown) => {
        if (!keys.newest) throw error
        askedAt = Number.NEGATIVE_INFINITY
      })
    },
    async tend(now: number): Promise<void> {
      if (keys.stale) await keys.reload(now)
      await (signer ? ask(now) : addIfDue(now))
    },
    async rotate(event: AuditEvent, now: number): Promise<string> {
      if (!signer) return addKey(parts, event, now)
      const added = await adoptSignerKeys(parts, signer, { event, now }).catch((cause: unknown) => {
        if (!(cause instanceof SignerError)) throw cause
        throw new ProtocolError('unavailable', 'the external signer does not do what it should', { cause })
      })
      await keys.reload(now)
      if (added && keys.newest) return keys.newest.kid
      throw new ProtocolError('conflict', 'keys come from the external signer, which has no newer one')
    },
  }
}

/** Opens the key set of a store, with a first key where there is none, and the next one where that is due. */
export async function openSigning(parts: OpenSigning, now: number): Promise<Signing> {
  const keys = new HeldKeys(parts.store, parts.safe)
  const signer = parts.signer && boundSigner(parts.signer)
  const keeper = keyKeeper(parts, signer, keys)
  let tending: Promise<void> | undefined
  await keeper.start(now)
  function keyFor(at: number, algorithm: string | undefined): HeldKey | undefined {
    const key = keys.current(at)
    if (algorithm === undefined || key?.verification.alg === algorithm) return key
    throw cannotSign(`the client registered for ${algorithm}, which the server does not sign with now`)
  }

  return {
    sign: async (typ, claims, at, algorithm) => signWith(keyFor(at, algorithm), signer, [typ, claims]),
    async ready(at, algorithm) {
      const key = keyFor(at, algorithm)
      if (key?.signing === 'external') await signWith(key, signer, ['ready', {}])
      else if (!key?.signing) throw cannotSign('no key to sign with')
    },
    reload: (at) => keys.reload(at),
    rotate: keeper.rotate,
    tend(at) {
      tending ??= keeper.tend(at).finally(() => (tending = undefined))
      return tending
    },
    verificationKey: (kid, at) => keys.find(kid, at)?.verification,
    verify(jws, at) {
      const { kid } = jws.header
      const found = typeof kid === 'string' ? keys.find(kid, at) : undefined
      return found !== undefined && isSignedBy(jws, found.verification)
    },
    jwks: (at) => ({ keys: keys.published(at).map(({ jwk }) => jwk) }),
    removals: (at) => keys.removals(at),
    algorithms(at) {
      const all = [keys.current(at), ...keys.published(at)]
      return [...new Set(all.flatMap((one) => one?.verification.alg ?? []))]
    },
  }
}
