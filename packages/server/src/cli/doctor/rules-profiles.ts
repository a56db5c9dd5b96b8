import { fapiAlgorithms } from '../../settings/fapi.ts'
import { type Answer, inWords, listOf, type Observed, textOf } from './observed.ts'
import { answerTo, onlyOf, refusedOf } from './answers.ts'
import { hsts } from './rules-pages.ts'
import { fail, notSeen, ok, type Rule, type Verdict, warn } from './rule.ts'

const told =
  (name: string) =>
  ({ metadata }: Observed): Verdict =>
    metadata[name] === true ? ok(`${name} is true`) : fail(`${name} is not true`)

function both(...rules: readonly ((observed: Observed) => Verdict)[]) {
  return (observed: Observed): Verdict => {
    const verdicts = rules.map((rule) => rule(observed))
    const order = ['fail', 'warn', 'ok', 'not-seen', 'not-applicable']
    const [worst] = verdicts.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    return worst ?? notSeen('nothing was looked at')
  }
}

const strictly =
  (rule: (observed: Observed) => Verdict) =>
  (observed: Observed): Verdict => {
    const verdict = rule(observed)
    return verdict.status === 'warn' ? fail(verdict.seen) : verdict
  }

const tokens = (observed: Observed): Verdict => {
  const dpop = (listOf(observed, 'dpop_signing_alg_values_supported') ?? []).length > 0
  const certificates = observed.metadata['tls_client_certificate_bound_access_tokens'] === true
  return dpop || certificates ? ok(dpop ? 'DPoP' : 'certificates') : fail('tokens are bound to nothing')
}

/** `EC` and `OKP` keys of the sets that are usual are long enough; of RSA the length is looked at elsewhere. */
function keyAlgorithms({ keys }: Observed): Verdict {
  if (!keys) return notSeen('the key set could not be read')
  const signing = keys.filter(({ use = 'sig' }) => use === 'sig')
  const known: readonly unknown[] = fapiAlgorithms
  const others = signing.filter(({ alg }) => alg !== undefined && !known.includes(alg))
  if (others.length > 0) return fail(`keys for ${others.map(({ alg }) => String(alg)).join(', ')}`)
  return ok(`${signing.length} keys`)
}

const signedLists = [
  'token_endpoint_auth_signing_alg_values_supported',
  'dpop_signing_alg_values_supported',
  'request_object_signing_alg_values_supported',
  'id_token_signing_alg_values_supported',
  'authorization_signing_alg_values_supported',
]

function algorithms(observed: Observed): Verdict {
  const allowed: readonly string[] = fapiAlgorithms
  const wrong = signedLists.flatMap((name) =>
    (listOf(observed, name) ?? []).filter((one) => !allowed.includes(one)).map((one) => `${one} in ${name}`),
  )
  return wrong.length > 0 ? fail(wrong.join(', ')) : ok(`nothing but ${allowed.join(', ')}`)
}

const fapi = (section: string) => `FAPI 2.0 Security Profile ${section}`
const byLine = 'for Sallyport: fapi: true of the door'

/** What the FAPI 2.0 Security Profile demands beyond that, as far as it can be seen. */
export const fapiRules: readonly Rule<Observed>[] = [
  {
    id: 'fapi-hsts',
    profile: 'fapi',
    source: fapi('§5.2.3 item 1'),
    demand: 'browsers can’t be led off TLS',
    mend: 'send Strict-Transport-Security for half a year at least, or have the domain preloaded',
    judge: strictly(hsts),
  },
  {
    id: 'fapi-bound',
    profile: 'fapi',
    source: fapi('§5.3.2.1 items 4 and 5'),
    demand: 'access tokens are bound to a key or a certificate',
    mend: byLine,
    judge: tokens,
  },
  {
    id: 'fapi-clients',
    profile: 'fapi',
    source: fapi('§5.3.2.1 items 3 and 6'),
    demand: 'clients prove themselves by a key or a certificate, and by nothing else',
    mend: byLine,
    judge: onlyOf('token_endpoint_auth_methods_supported', [
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ]),
  },
  {
    id: 'fapi-code',
    profile: 'fapi',
    source: fapi('§5.3.2.2 item 1'),
    demand: 'the response type is code',
    mend: 'offer no other response type',
    judge: both(onlyOf('response_types_supported', ['code']), refusedOf('implicit')),
  },
  {
    id: 'fapi-pushed',
    profile: 'fapi',
    source: fapi('§5.3.2.2 items 2 and 3'),
    demand: 'requests are pushed by the client, and refused where they are not',
    mend: byLine,
    judge: both(
      (observed) =>
        textOf(observed, 'pushed_authorization_request_endpoint') === undefined
          ? fail('there is no endpoint to push requests to')
          : told('require_pushed_authorization_requests')(observed),
      refusedOf('good-request'),
    ),
  },
  {
    id: 'fapi-pkce',
    profile: 'fapi',
    source: fapi('§5.3.2.2 item 5'),
    demand: 'PKCE by S256, and by nothing else',
    mend: byLine,
    judge: both(
      onlyOf('code_challenge_methods_supported', ['S256']),
      refusedOf('plain-pkce'),
      refusedOf('no-pkce'),
    ),
  },
  {
    id: 'fapi-iss',
    profile: 'fapi',
    source: fapi('§5.3.2.2 item 7'),
    demand: 'answers say who gave them',
    mend: 'send iss, and say so in the metadata',
    judge: told('authorization_response_iss_parameter_supported'),
  },
  {
    id: 'fapi-algorithms',
    profile: 'fapi',
    source: fapi('§5.4.1 item 1'),
    demand: 'signatures are by PS256, ES256 or Ed25519',
    mend: `${byLine}, and another signing.algorithm than RS256`,
    judge: both(algorithms, keyAlgorithms),
  },
]

function challenge(answer: Answer, { issuer }: Observed): Verdict {
  const header = answer.headers['www-authenticate'] ?? ''
  if (answer.status !== 401) return fail(`a request without a token is answered ${inWords(answer, issuer)}`)
  return /resource_metadata=/.test(header)
    ? ok('401, and the challenge names the metadata')
    : warn('401, and the challenge does not name the metadata')
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // Not JSON: then nothing is told.
    return {}
  }
}

function metadataOfResource(answer: Answer, { issuer, resource }: Observed): Verdict {
  const { resource: named, authorization_servers: servers } = parse(answer.body)
  if (answer.status !== 200) return fail(`answered ${answer.status}`)
  if (named !== resource) return fail(`they are those of ${String(named).slice(0, 200)}`)
  return Array.isArray(servers) && servers.includes(issuer)
    ? ok(`they name ${issuer}`)
    : fail(`they do not name ${issuer}`)
}

const withoutResource = () => notSeen('needs --resource with the address of the MCP server')
const mcp = (section: string) => `Model Context Protocol 2026-07-28, Authorization, ${section}`

/** What MCP's authorization demands beyond that. */
export const mcpRules: readonly Rule<Observed>[] = [
  {
    id: 'mcp-pkce',
    profile: 'mcp',
    source: mcp('Authorization Code Protection'),
    demand: 'the metadata list S256: clients go no further where they do not',
    mend: 'list S256 in code_challenge_methods_supported',
    judge: (observed) => {
      const methods = listOf(observed, 'code_challenge_methods_supported')
      return methods?.includes('S256') ? ok(methods.join(', ')) : fail(methods?.join(', ') ?? 'left out')
    },
  },
  {
    id: 'mcp-clients',
    profile: 'mcp',
    source: mcp('Client Registration'),
    demand: 'a client that nobody registered can become one',
    mend: 'for Sallyport: mcp: true of the door',
    judge: (observed) => {
      const documents = observed.metadata['client_id_metadata_document_supported'] === true
      const registers = textOf(observed, 'registration_endpoint') !== undefined
      if (documents) return ok(registers ? 'by a document, and by registration' : 'by a document')
      return registers ? warn('by registration alone') : warn('neither by a document nor by registration')
    },
  },
  {
    id: 'mcp-public',
    profile: 'mcp',
    source: mcp('Client Registration'),
    demand: 'clients on a person’s own machine are let in: they have nothing to prove themselves by',
    mend: 'for Sallyport: none in clientAuth of the door',
    judge: (observed) => {
      const methods = listOf(observed, 'token_endpoint_auth_methods_supported')
      if (!methods) return warn('token_endpoint_auth_methods_supported is left out')
      return methods.includes('none') ? ok('none is taken') : warn(`only ${methods.join(', ')}`)
    },
  },
  {
    id: 'mcp-code',
    profile: 'mcp',
    source: mcp('Overview'),
    demand: 'there is an authorization endpoint for codes',
    mend: 'switch on the grant type authorization_code',
    judge: (observed) =>
      textOf(observed, 'authorization_endpoint') !== undefined &&
      (listOf(observed, 'response_types_supported') ?? []).includes('code')
        ? ok('response type code')
        : fail('there is none'),
  },
  {
    id: 'mcp-challenge',
    profile: 'mcp',
    source: `${mcp('Authorization Server Discovery')}, RFC 9728 §5.1`,
    demand: 'the API answers 401 and says where its metadata are',
    mend: 'give the guard its resource',
    judge: answerTo('resource', challenge, withoutResource),
  },
  {
    id: 'mcp-resource',
    profile: 'mcp',
    source: `${mcp('Authorization Server Discovery')}, RFC 9728 §2, §3.3`,
    demand: 'the metadata of the API are its own, and name this server',
    mend: 'serve them where the challenge says, with resource and authorization_servers',
    judge: answerTo('resource-metadata', metadataOfResource, withoutResource),
  },
]
