import { answerTo } from './answers.ts'
import { type Answer, errorOf, inWords, type Observed, textOf } from './observed.ts'
import { stranger } from './probes.ts'
import { fail, notApplicable, notSeen, ok, type Rule, type Verdict, warn } from './rule.ts'

function unknownClient(answer: Answer, { issuer }: Observed): Verdict {
  const seen = inWords(answer, issuer)
  if (errorOf(answer, issuer) !== 'invalid_client') return fail(`answered ${seen}`)
  if (answer.status !== 401) return fail(`invalid_client, but with ${answer.status}`)
  return answer.headers['www-authenticate'] === undefined
    ? warn('401 invalid_client, without WWW-Authenticate')
    : ok('401 invalid_client')
}

/** Whether any page may use a browser's cookies to read an answer. */
function sharedWithAll({ headers }: Answer): boolean {
  const origin = headers['access-control-allow-origin']
  return headers['access-control-allow-credentials'] === 'true' && (origin === '*' || origin === stranger)
}

function corsOfToken({ answers }: Observed): Verdict {
  const seen = [answers['token-preflight'], answers['token-stranger']].filter((one) => one !== undefined)
  if (seen.length === 0) return notSeen('there was no answer')
  if (seen.some(sharedWithAll)) return fail('any origin may read answers with credentials')
  const allowed = seen.map(({ headers }) => headers['access-control-allow-origin']).find(Boolean)
  return ok(
    allowed === undefined ? 'no CORS for a strange origin' : `CORS for ${allowed}, without credentials`,
  )
}

function corsOfAuthorize({ answers }: Observed): Verdict {
  const seen = [answers['authorize-preflight'], answers.stranger].filter((one) => one !== undefined)
  if (seen.length === 0) return notSeen('there was no answer')
  const allowed = seen.map(({ headers }) => headers['access-control-allow-origin']).find(Boolean)
  return allowed === undefined ? ok('no CORS') : fail(`Access-Control-Allow-Origin: ${allowed}`)
}

const traces = [
  /\n\s+at .+:\d+:\d+/,
  /Traceback \(most recent call last\)/,
  /node_modules\//,
  /\b(?:java|org|com)\.[\w.]+Exception\b/,
  /SQLSTATE|syntax error at or near|SQLITE_[A-Z]+/,
  /(?:^|[\s"'(])\/(?:home|usr|var|srv|opt|app)\/[\w./-]+\.\w+/,
]

function leaks({ answers, marker }: Observed): Verdict {
  const named = Object.entries(answers).filter(([name]) => name !== 'resource')
  for (const [name, { body }] of named) {
    if (traces.some((trace) => trace.test(body))) return fail(`the answer to ${name} shows its insides`)
  }
  // What goes on after the name is a secret or a code.
  if (named.some(([, { body }]) => body.includes(`${marker}-`)))
    return fail('an error repeats a secret that was sent')
  const broken = named.find(([, { status }]) => status >= 500)
  if (broken) return fail(`${broken[0]} is answered ${broken[1].status}`)
  return named.length === 0
    ? notSeen('there was no answer')
    : ok(`${named.length} answers say no more than they have to`)
}

/** What is demanded of how the endpoints for machines turn requests away. */
export const endpointRules: readonly Rule<Observed>[] = [
  {
    id: 'unknown-client',
    profile: 'bcp',
    source: 'RFC 6749 §5.2',
    demand: 'an unknown client is answered 401 invalid_client at the token endpoint',
    mend: 'answer every client that is not proven alike',
    judge: answerTo('token-stranger', unknownClient),
  },
  {
    id: 'token-get',
    profile: 'bcp',
    source: 'RFC 6749 §3.2',
    demand: 'the token endpoint takes POST alone',
    mend: 'refuse GET: what is in an address ends in logs',
    judge: answerTo('token-get', (answer, { issuer }) => {
      const seen = inWords(answer, issuer)
      if (answer.status === 405 || answer.status === 404) return ok(`refused: ${seen}`)
      const read = errorOf(answer, issuer) === 'invalid_client' || errorOf(answer, issuer) === 'invalid_grant'
      return answer.status < 400 || read ? fail(`read as a request: ${seen}`) : ok(`refused: ${seen}`)
    }),
  },
  {
    id: 'token-no-store',
    profile: 'bcp',
    source: 'RFC 6749 §5.1',
    demand: 'what the token endpoint answers is not kept',
    mend: 'send Cache-Control: no-store with every answer of the token endpoint',
    judge: answerTo('token-stranger', ({ headers }) =>
      /no-store/i.test(headers['cache-control'] ?? '')
        ? ok('Cache-Control: no-store')
        : warn(`Cache-Control: ${headers['cache-control'] ?? 'left out'}, in a refusal`),
    ),
  },
  {
    id: 'token-cors',
    profile: 'bcp',
    source: 'RFC 9700 §2.6, Fetch, CORS protocol and credentials',
    demand: 'no strange page reads answers of the token endpoint with a person’s credentials',
    mend: 'never send Access-Control-Allow-Credentials there',
    judge: corsOfToken,
  },
  {
    id: 'authorize-cors',
    profile: 'bcp',
    source: 'RFC 9700 §2.6',
    demand: 'the authorization endpoint takes no part in CORS',
    mend: 'send no Access-Control headers there: a browser goes there, no script',
    judge: corsOfAuthorize,
  },
  {
    id: 'introspection-proven',
    profile: 'bcp',
    source: 'RFC 7662 §2.1, §4',
    demand: 'introspection answers nobody who is not proven',
    mend: 'require client authentication at the introspection endpoint',
    judge: answerTo(
      'introspect-unproven',
      (answer, { issuer }) =>
        answer.status >= 400
          ? ok(`refused: ${inWords(answer, issuer)}`)
          : fail(`answered ${inWords(answer, issuer)}`),
      (observed) =>
        textOf(observed, 'introspection_endpoint') === undefined
          ? notApplicable('there is no introspection endpoint')
          : notSeen('there was no answer'),
    ),
  },
  {
    id: 'push-proven',
    profile: 'bcp',
    source: 'RFC 9126 §2.1',
    demand: 'an unknown client pushes nothing',
    mend: 'authenticate clients at the pushed authorization request endpoint',
    judge: answerTo(
      'push-unproven',
      (answer, { issuer }) =>
        answer.status >= 400 && answer.status < 500
          ? ok(`refused: ${inWords(answer, issuer)}`)
          : fail(`answered ${inWords(answer, issuer)}`),
      (observed) =>
        textOf(observed, 'pushed_authorization_request_endpoint') === undefined
          ? notApplicable('there is no endpoint for pushed requests')
          : notSeen('there was no answer'),
    ),
  },
  {
    id: 'errors',
    profile: 'bcp',
    source: 'OWASP ASVS 5.0 §16.5.1',
    demand: 'errors show nothing of the inside, repeat no credential, and are not the server’s own',
    mend: 'answer what is malformed with 400 and a fixed text; write the rest to the log',
    judge: leaks,
  },
]
