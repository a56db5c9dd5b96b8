/** By what a deployment is judged: how it is run, RFC 9700, the FAPI 2.0 Security Profile, the authorization of MCP. */
export const profiles = ['operation', 'bcp', 'fapi', 'mcp'] as const

/** One of them. */
export type Profile = (typeof profiles)[number]

/** What became of one demand. */
export type Status = 'ok' | 'warn' | 'fail' | 'not-applicable' | 'not-seen'

/** What was seen, and whether that is as it should be. */
export interface Verdict {
  readonly status: Status
  readonly seen: string
}

/** One demand: a pure judgement over facts that somebody else has gathered. */
export interface Rule<Facts> {
  readonly id: string
  readonly profile: Profile
  /** The document and section that it comes from. */
  readonly source: string
  readonly demand: string
  /** What to do where it is not met. */
  readonly mend: string
  judge(facts: Facts): Verdict
}

/** One line of a report. `about` is the door or server that was looked at. */
export interface Finding extends Verdict {
  readonly id: string
  readonly profile: Profile
  readonly about: string
  readonly source: string
  readonly demand: string
  /** Only where something is to be mended. */
  readonly mend: string | undefined
}

const verdict =
  (status: Status) =>
  (seen: string): Verdict => ({ status, seen })

/** As it should be. */
export const ok = verdict('ok')
/** Advised against, or worth a look. */
export const warn = verdict('warn')
/** Against the demand. */
export const fail = verdict('fail')
/** The demand is about something that is not there. */
export const notApplicable = verdict('not-applicable')
/** It could not be seen from here. */
export const notSeen = verdict('not-seen')

/** Puts each rule to the facts. */
export function judge<Facts>(rules: readonly Rule<Facts>[], facts: Facts, about: string): readonly Finding[] {
  return rules.map(({ id, profile, source, demand, mend, judge: decide }) => {
    const { status, seen } = decide(facts)
    const wrong = status === 'fail' || status === 'warn'
    return { id, profile, about, source, demand, status, seen, mend: wrong ? mend : undefined }
  })
}
