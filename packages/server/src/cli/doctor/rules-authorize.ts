import { answerTo, refusedOf, withoutClient } from './answers.ts'
import { type Answer, inWords, isRefused, type Observed, paramOf, targetOf } from './observed.ts'
import { stranger } from './probes.ts'
import { fail, notSeen, ok, type Rule, type Verdict, warn } from './rule.ts'

/** Whether an answer sends the browser to the address of somebody who has registered nothing. */
const leadsAway = (answer: Answer, issuer: string) => {
  const refresh = answer.headers['refresh'] ?? ''
  return targetOf(answer, issuer)?.origin === stranger || refresh.includes(stranger)
}

function staysHere(answer: Answer, { issuer }: Observed): Verdict {
  const seen = inWords(answer, issuer)
  return leadsAway(answer, issuer) ? fail(`led there: ${seen}`) : ok(`did not lead there: ${seen}`)
}

/** A page without an error is the way to the sign-in, and from there to that address. */
function refusedAddress(answer: Answer, { issuer }: Observed): Verdict {
  const seen = inWords(answer, issuer)
  const target = targetOf(answer, issuer)
  const followed = target?.origin === stranger || target?.pathname.endsWith('/doctor')
  if (followed) return fail(`led there: ${seen}`)
  return isRefused(answer, issuer) ? ok(`refused: ${seen}`) : fail(`not refused: ${seen}`)
}

function temporaryRedirects({ answers, issuer }: Observed): Verdict {
  const all = Object.entries(answers)
  const found = all.find(([, { status }]) => status === 307 || status === 308)
  if (found) return warn(`${found[0]} is answered ${inWords(found[1], issuer)}`)
  return all.length === 0 ? notSeen('there was no answer') : ok('no redirect keeps the method')
}

function issInAnswers({ metadata, answers, issuer }: Observed): Verdict {
  const told = metadata['authorization_response_iss_parameter_supported'] === true
  const refusals = [answers['plain-pkce'], answers['no-pkce'], answers.implicit, answers['unsigned-object']]
  const sent = refusals.filter((answer) => answer && paramOf(answer, issuer, 'error') !== undefined)
  const without = sent.filter((answer) => answer && paramOf(answer, issuer, 'iss') !== issuer)
  if (without.length > 0) return fail('an answer at the client’s address has no iss, or another one')
  if (!told) return warn('authorization_response_iss_parameter_supported is not true')
  return ok(sent.length === 0 ? 'told in the metadata' : 'told in the metadata, and in answers')
}

/** What RFC 9700 and the documents under it demand of the authorization endpoint. */
export const authorizeRules: readonly Rule<Observed>[] = [
  {
    id: 'stranger-redirect',
    profile: 'bcp',
    source: 'RFC 9700 §4.11.2',
    demand: 'a request of an unknown client leads nowhere',
    mend: 'show a page where client or redirect address are not proven; never redirect there',
    judge: answerTo('stranger', staysHere),
  },
  {
    id: 'unregistered-redirect',
    profile: 'bcp',
    source: 'RFC 9700 §2.1, §4.1.3',
    demand: 'a redirect address that the client has not registered is not gone to',
    mend: 'compare redirect addresses with the registered ones character by character',
    judge: answerTo('foreign-redirect', refusedAddress, withoutClient),
  },
  {
    id: 'exact-redirect',
    profile: 'bcp',
    source: 'RFC 9700 §2.1, §4.1.3',
    demand: 'a longer path than the registered one is another address',
    mend: 'compare redirect addresses with the registered ones character by character',
    judge: answerTo('longer-redirect', refusedAddress, withoutClient),
  },
  {
    id: 'plain-pkce',
    profile: 'bcp',
    source: 'RFC 9700 §2.1.1',
    demand: 'a challenge by the method plain is refused',
    mend: 'take code_challenge_method S256 alone',
    judge: refusedOf('plain-pkce'),
  },
  {
    id: 'no-pkce',
    profile: 'bcp',
    source: 'RFC 9700 §2.1.1',
    demand: 'a request without a challenge is refused',
    mend: 'require PKCE of every client, of public ones in any case',
    judge: refusedOf('no-pkce', warn),
  },
  {
    id: 'implicit-refused',
    profile: 'bcp',
    source: 'RFC 9700 §2.1.2',
    demand: 'no access token comes from the authorization endpoint',
    mend: 'switch off response types with token',
    judge: refusedOf('implicit'),
  },
  {
    id: 'unsigned-object',
    profile: 'bcp',
    source: 'RFC 9101 §10.1, RFC 8725 §3.2',
    demand: 'a request object that nobody signed (alg none) is refused',
    mend: 'accept request objects by the keys of the client only',
    judge: refusedOf('unsigned-object'),
  },
  {
    id: 'iss',
    profile: 'bcp',
    source: 'RFC 9700 §2.1, RFC 9207 §2',
    demand: 'answers of the authorization endpoint say who gave them',
    mend: 'send iss with every authorization response, and say so in the metadata',
    judge: issInAnswers,
  },
  {
    id: 'no-307',
    profile: 'bcp',
    source: 'RFC 9700 §4.12',
    demand: 'no redirect sends a form with credentials on',
    mend: 'redirect with 303',
    judge: temporaryRedirects,
  },
]
