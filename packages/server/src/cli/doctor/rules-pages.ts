import type { Answer, Observed } from './observed.ts'
import { fail, notApplicable, notSeen, ok, type Rule, type Verdict, warn } from './rule.ts'

/** The pages that were seen: what a stranger is shown, and the sign-in page where a client was named. */
function pagesOf({ answers }: Observed): readonly Answer[] {
  return [answers.stranger, answers['good-request'], answers['sign-in']].filter(
    (answer): answer is Answer =>
      answer !== undefined && /text\/html/.test(answer.headers['content-type'] ?? ''),
  )
}

/** The worst of what every page shows. */
function overPages(decide: (page: Answer) => Verdict): (observed: Observed) => Verdict {
  return (observed) => {
    const verdicts = pagesOf(observed).map(decide)
    const worst =
      verdicts.find(({ status }) => status === 'fail') ?? verdicts.find(({ status }) => status === 'warn')
    return worst ?? verdicts[0] ?? notSeen('no page was seen')
  }
}

const directive = (page: Answer, name: string): string | undefined =>
  (page.headers['content-security-policy'] ?? '')
    .split(';')
    .map((one) => one.trim().split(/\s+/))
    .find(([first]) => first?.toLowerCase() === name)
    ?.slice(1)
    .join(' ')

function framing(page: Answer): Verdict {
  const ancestors = directive(page, 'frame-ancestors')
  const old = page.headers['x-frame-options']
  if (ancestors === "'none'" || ancestors === "'self'") return ok(`frame-ancestors ${ancestors}`)
  if (ancestors?.split(' ').includes('*')) return fail('frame-ancestors lets everybody frame it')
  if (ancestors !== undefined && ancestors !== '') return warn(`frame-ancestors ${ancestors}`)
  return old && /^(?:deny|sameorigin)$/i.test(old)
    ? warn(`X-Frame-Options: ${old}, and no frame-ancestors`)
    : fail('any page can frame it')
}

function scripts(page: Answer): Verdict {
  const policy = directive(page, 'script-src') ?? directive(page, 'default-src')
  if (policy === undefined) return warn('no Content-Security-Policy for scripts')
  // A nonce or a hash makes browsers pass over 'unsafe-inline'.
  const open =
    /'unsafe-(?:inline|eval)'|(?:^|\s)\*(?:\s|$)/.test(policy) && !/'(?:nonce|sha\d+)-/.test(policy)
  return open ? warn(`scripts: ${policy}`) : ok(`scripts: ${policy}`)
}

const closed = ['no-referrer', 'same-origin', 'origin', 'strict-origin', 'strict-origin-when-cross-origin']

function referrer(page: Answer): Verdict {
  const told = page.headers['referrer-policy']
  // The last one that a browser knows counts.
  const last = told?.split(',').at(-1)?.trim()
  if (last === undefined) return warn('Referrer-Policy is left out: it is for each browser to say')
  return closed.includes(last) ? ok(`Referrer-Policy: ${last}`) : fail(`Referrer-Policy: ${last}`)
}

function notKept(page: Answer): Verdict {
  const told = page.headers['cache-control'] ?? 'left out'
  return /no-store/i.test(told) ? ok('Cache-Control: no-store') : warn(`Cache-Control: ${told}`)
}

function asTold(page: Answer): Verdict {
  return page.headers['x-content-type-options'] === 'nosniff'
    ? ok('X-Content-Type-Options: nosniff')
    : warn('X-Content-Type-Options is left out')
}

/** Whether browsers keep to TLS. Of a loopback address nobody can be told so. @see RFC 6797 §7.1 */
export function hsts({ issuer, answers }: Observed): Verdict {
  if (!issuer.startsWith('https:')) return notApplicable('the issuer is not https')
  const answer = answers.stranger ?? answers['sign-in']
  if (!answer) return notSeen('there was no answer')
  const told = answer.headers['strict-transport-security']
  if (told === undefined) return warn('Strict-Transport-Security is left out')
  const age = Number(/max-age="?(\d+)/i.exec(told)?.[1] ?? 0)
  return age >= 180 * 24 * 3600 ? ok(told) : warn(`${told}: less than half a year`)
}

/** What is demanded of the pages that people see. */
export const pageRules: readonly Rule<Observed>[] = [
  {
    id: 'framing',
    profile: 'bcp',
    source: 'RFC 9700 §4.16',
    demand: 'no other page can frame a page of the server',
    mend: "send Content-Security-Policy: frame-ancestors 'none' with every page",
    judge: overPages(framing),
  },
  {
    id: 'scripts',
    profile: 'bcp',
    source: 'CSP Level 3, script-src',
    demand: 'nobody can put a script into a page of the server',
    mend: 'send a Content-Security-Policy without unsafe-inline',
    judge: overPages(scripts),
  },
  {
    id: 'referrer',
    profile: 'bcp',
    source: 'RFC 9700 §4.2.4',
    demand: 'the address of a page is not told to other servers',
    mend: 'send Referrer-Policy: no-referrer or same-origin',
    judge: overPages(referrer),
  },
  {
    id: 'pages-no-store',
    profile: 'bcp',
    source: 'RFC 9111 §5.2.2.5',
    demand: 'pages of the sign-in are not kept',
    mend: 'send Cache-Control: no-store with every page',
    judge: overPages(notKept),
  },
  {
    id: 'nosniff',
    profile: 'bcp',
    source: 'Fetch, X-Content-Type-Options',
    demand: 'answers are taken for what they say they are',
    mend: 'send X-Content-Type-Options: nosniff',
    judge: overPages(asTold),
  },
  {
    id: 'hsts',
    profile: 'bcp',
    source: 'RFC 6797 §7.1',
    demand: 'browsers keep to TLS',
    mend: 'send Strict-Transport-Security: max-age=31536000',
    judge: hsts,
  },
]
