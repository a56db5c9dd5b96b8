import { isLoopback, listOf, type Observed, textOf } from './observed.ts'
import { fail, notApplicable, notSeen, ok, type Rule, type Verdict, warn } from './rule.ts'

type Key = Readonly<Record<string, unknown>>

const day = 24 * 3600

function issuerScheme({ issuer }: Observed): Verdict {
  if (issuer.startsWith('https:')) return ok(issuer)
  return isLoopback(issuer) ? warn(`${issuer}, on this machine alone`) : fail(issuer)
}

function sameIssuer(observed: Observed): Verdict {
  const told = textOf(observed, 'issuer')
  return told === observed.issuer ? ok(told) : fail(`the metadata say ${told ?? 'nothing'}`)
}

function endpointsByTls({ metadata, issuer }: Observed): Verdict {
  const addresses = Object.entries(metadata).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
  const open = addresses.filter(([, value]) => typeof value !== 'string' || !value.startsWith('https:'))
  if (open.length === 0) return ok(`${addresses.length} addresses, all https`)
  const names = open.map(([name]) => name).join(', ')
  const local = open.every(([, value]) => typeof value === 'string' && isLoopback(value))
  return local && isLoopback(issuer) ? warn(`${names}, on this machine alone`) : fail(`not https: ${names}`)
}

function pkceTold(observed: Observed): Verdict {
  if (textOf(observed, 'authorization_endpoint') === undefined)
    return notApplicable('there is no authorization endpoint')
  const told = listOf(observed, 'code_challenge_methods_supported')
  if (!told?.includes('S256'))
    return fail(`code_challenge_methods_supported: ${told?.join(', ') ?? 'left out'}`)
  return told.includes('plain') ? warn('plain is offered beside S256') : ok(told.join(', '))
}

function noImplicit(observed: Observed): Verdict {
  const types = listOf(observed, 'response_types_supported') ?? []
  const grants = listOf(observed, 'grant_types_supported')
  const tokens = types.filter((type) => type.split(' ').includes('token'))
  if (tokens.length > 0) return fail(`response_types_supported has ${tokens.join(', ')}`)
  if (grants?.includes('implicit')) return warn('grant_types_supported has implicit')
  return ok(`response types: ${types.join(', ') || 'none'}`)
}

function noPassword(observed: Observed): Verdict {
  const grants = listOf(observed, 'grant_types_supported')
  if (!grants) return notSeen('grant_types_supported is left out')
  return grants.includes('password') ? fail('grant_types_supported has password') : ok(grants.join(', '))
}

function noUnsigned({ metadata }: Observed): Verdict {
  const lists = Object.entries(metadata).filter(([name]) => name.endsWith('_alg_values_supported'))
  const found = lists.filter(([, value]) => Array.isArray(value) && value.includes('none'))
  if (found.length > 0) return fail(`none is in ${found.map(([name]) => name).join(', ')}`)
  return ok(`${lists.length} lists of algorithms, none of them with none`)
}

function boundTokens(observed: Observed): Verdict {
  const ways = [
    ...((listOf(observed, 'dpop_signing_alg_values_supported') ?? []).length > 0 ? ['DPoP'] : []),
    ...(observed.metadata['tls_client_certificate_bound_access_tokens'] === true ? ['certificates'] : []),
  ]
  return ways.length > 0 ? ok(ways.join(' and ')) : warn('neither DPoP nor certificates are offered')
}

const asymmetric = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']

function clientKeys(observed: Observed): Verdict {
  const methods = listOf(observed, 'token_endpoint_auth_methods_supported') ?? ['client_secret_basic']
  const found = methods.filter((method) => asymmetric.includes(method))
  return found.length > 0 ? ok(found.join(', ')) : warn(`only ${methods.join(', ')}`)
}

function tlsVersion({ issuer, tls }: Observed): Verdict {
  if (!issuer.startsWith('https:')) return notApplicable('the issuer is not https')
  if (!tls) return notSeen('no handshake was possible')
  if (!['TLSv1.2', 'TLSv1.3'].includes(tls.protocol) || tls.refusesOld === false)
    return fail('TLS 1.1 or older is taken')
  return ok(tls.protocol)
}

function certificateLife({ issuer, tls, now }: Observed): Verdict {
  if (!issuer.startsWith('https:')) return notApplicable('the issuer is not https')
  if (tls?.expiresAt === undefined) return notSeen('no certificate was seen')
  const days = Math.floor((tls.expiresAt - now) / day)
  if (days < 3) return fail(`it ends in ${days} days`)
  return days < 14 ? warn(`it ends in ${days} days`) : ok(`it ends in ${days} days`)
}

function plainHttp({ answers: { 'plain-http': answer }, issuer }: Observed): Verdict {
  if (!issuer.startsWith('https:')) return notApplicable('the issuer is not https')
  if (!answer) return ok('nobody answers there, or the port is not a usual one')
  return answer.status < 300
    ? fail(`answered ${answer.status} in the clear`)
    : ok(`answered ${answer.status}`)
}

function clock({ answers, now }: Observed): Verdict {
  const dates = Object.values(answers).flatMap(({ headers }) => headers['date'] ?? [])
  const told = dates.map((text) => Date.parse(text) / 1000).find((moment) => !Number.isNaN(moment))
  if (told === undefined) return notSeen('no answer had a Date')
  const off = Math.abs(told - now)
  if (off <= 30) return ok(`within ${Math.ceil(off)} s of this machine`)
  return off > 60
    ? fail(`${Math.round(off)} s from this machine`)
    : warn(`${Math.round(off)} s from this machine`)
}

const overKeys =
  (decide: (keys: readonly Key[]) => Verdict) =>
  ({ keys }: Observed): Verdict =>
    keys ? decide(keys) : notSeen('the key set could not be read')

function bitsOf({ n }: Key): number {
  if (typeof n !== 'string') return 0
  const bytes = Buffer.from(n, 'base64url')
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24
}

const nameOf = ({ kid }: Key) => (typeof kid === 'string' ? kid.slice(0, 60) : 'without kid')
const names = (keys: readonly Key[]) => keys.map(nameOf).join(', ')
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

function noPrivate(keys: readonly Key[]): Verdict {
  const found = keys.filter((key) => key['kty'] === 'oct' || privateMembers.some((member) => member in key))
  return found.length > 0
    ? fail(`private members in ${names(found)}: every token of this server can be forged`)
    : ok(`${keys.length} keys, public halves alone`)
}

function longEnough(keys: readonly Key[]): Verdict {
  const short = keys.filter((key) => key['kty'] === 'RSA' && bitsOf(key) < 2048)
  if (short.length > 0) return fail(short.map((key) => `${nameOf(key)}: ${bitsOf(key)} bits`).join(', '))
  return keys.length === 0 ? warn('the key set is empty') : ok(`${keys.length} keys`)
}

function oneName(keys: readonly Key[]): Verdict {
  const kids = keys.map((key) => key['kid'])
  if (keys.length > 1 && kids.some((kid) => typeof kid !== 'string')) return warn('a key has no kid')
  return new Set(kids).size < kids.length ? warn('two keys have one kid') : ok(names(keys) || 'no keys')
}

/** What is demanded of what a server publishes, and of the way to it. */
export const documentRules: readonly Rule<Observed>[] = [
  {
    id: 'issuer-https',
    profile: 'bcp',
    source: 'RFC 8414 §2, RFC 9700 §2.6',
    demand: 'the issuer is an https address',
    mend: 'put a proxy that ends TLS before the server, and give it its https address',
    judge: issuerScheme,
  },
  {
    id: 'issuer-same',
    profile: 'bcp',
    source: 'RFC 8414 §3.3, RFC 9700 §4.4',
    demand: 'the metadata name the issuer that they were asked for',
    mend: 'ask for the very address that the server calls itself, or mend its public address',
    judge: sameIssuer,
  },
  {
    id: 'endpoints-https',
    profile: 'bcp',
    source: 'RFC 6749 §3.1, §3.2, RFC 9700 §2.6',
    demand: 'every address in the metadata is https',
    mend: 'tell the server its public https address',
    judge: endpointsByTls,
  },
  {
    id: 'pkce-told',
    profile: 'bcp',
    source: 'RFC 9700 §2.1.1',
    demand: 'clients can see that PKCE by S256 is there',
    mend: 'list S256, and nothing else, in code_challenge_methods_supported',
    judge: pkceTold,
  },
  {
    id: 'no-implicit',
    profile: 'bcp',
    source: 'RFC 9700 §2.1.2',
    demand: 'no response type hands out access tokens in an address',
    mend: 'offer the response type code alone',
    judge: noImplicit,
  },
  {
    id: 'no-password',
    profile: 'bcp',
    source: 'RFC 9700 §2.4',
    demand: 'apps never see the passwords of people',
    mend: 'switch off the grant type password',
    judge: noPassword,
  },
  {
    id: 'no-unsigned',
    profile: 'bcp',
    source: 'RFC 8725 §3.1, §3.2',
    demand: 'nothing is taken or given out unsigned',
    mend: 'take none out of every list of algorithms',
    judge: noUnsigned,
  },
  {
    id: 'bound-tokens',
    profile: 'bcp',
    source: 'RFC 9700 §2.2.1',
    demand: 'clients can have tokens that are worth nothing to a thief',
    mend: "for Sallyport: dpop: 'optional' of the door",
    judge: boundTokens,
  },
  {
    id: 'client-keys',
    profile: 'bcp',
    source: 'RFC 9700 §2.5',
    demand: 'clients can prove themselves without a secret that both sides have',
    mend: 'for Sallyport: private_key_jwt in clientAuth of the door',
    judge: clientKeys,
  },
  {
    id: 'tls',
    profile: 'bcp',
    source: 'RFC 9325 §3.1.1',
    demand: 'TLS 1.2 or newer, and nothing older',
    mend: 'switch TLS 1.0 and 1.1 off in the proxy',
    judge: tlsVersion,
  },
  {
    id: 'certificate',
    profile: 'operation',
    source: 'RFC 9525 §6',
    demand: 'the certificate is good for some time',
    mend: 'renew it, and let that happen by itself',
    judge: certificateLife,
  },
  {
    id: 'plain-http',
    profile: 'bcp',
    source: 'RFC 9700 §2.6',
    demand: 'nothing is served in the clear',
    mend: 'close port 80 or let it answer with redirects for pages alone',
    judge: plainHttp,
  },
  {
    id: 'clock',
    profile: 'operation',
    source: 'RFC 7519 §4.1.4, RFC 9449 §11.1',
    demand: 'the server’s clock is right',
    mend: 'run NTP on both machines',
    judge: clock,
  },
  {
    id: 'keys-public',
    profile: 'bcp',
    source: 'RFC 7517 §9.2',
    demand: 'the key set holds public halves alone',
    mend: 'publish public members only, and replace these keys at once: they are known to everybody',
    judge: overKeys(noPrivate),
  },
  {
    id: 'keys-long',
    profile: 'bcp',
    source: 'RFC 7518 §3.3',
    demand: 'RSA keys have 2048 bits or more',
    mend: 'replace them; for Sallyport: sallyport keys rotate',
    judge: overKeys(longEnough),
  },
  {
    id: 'keys-named',
    profile: 'bcp',
    source: 'RFC 7517 §4.5',
    demand: 'each key has a name of its own',
    mend: 'give every key another kid',
    judge: overKeys(oneName),
  },
]
