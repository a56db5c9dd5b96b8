import { type Answer, inWords, isRefused, listOf, type Observed, type ProbeName } from './observed.ts'
import { fail, notSeen, ok, type Verdict } from './rule.ts'

/** Judges the answer to one probe; without an answer nothing was seen. */
export function answerTo(
  name: ProbeName,
  decide: (answer: Answer, observed: Observed) => Verdict,
  otherwise: (observed: Observed) => Verdict = () => notSeen('there was no answer'),
): (observed: Observed) => Verdict {
  return (observed) => {
    const answer = observed.answers[name]
    return answer ? decide(answer, observed) : otherwise(observed)
  }
}

/** Where a rule needs a client, and none was named. */
export const withoutClient = () => notSeen('needs --client-id and --redirect-uri of a registered client')

/** Judges whether a request of the named client was turned away. */
export function refusedOf(name: ProbeName, status: (seen: string) => Verdict = fail) {
  return answerTo(
    name,
    (answer, { issuer }) =>
      isRefused(answer, issuer)
        ? ok(`refused: ${inWords(answer, issuer)}`)
        : status(`not refused: ${inWords(answer, issuer)}`),
    withoutClient,
  )
}

/** Whether a list of the metadata holds nothing but what may be in it. */
export function onlyOf(name: string, allowed: readonly string[]) {
  return (observed: Observed): Verdict => {
    const told = listOf(observed, name)
    if (!told) return notSeen(`${name} is left out`)
    const more = told.filter((one) => !allowed.includes(one))
    return more.length === 0 ? ok(`${name}: ${told.join(', ')}`) : fail(`${name} has ${more.join(', ')}`)
  }
}
