import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuthenticationFacts, decideAuthentication } from '../src/index.ts'

const now = 10_000
const session = { subject: 'acc_1', sessionId: 'ses_2', authenticatedAt: now - 100 }
const request = { prompt: [], maxAge: undefined }
const facts: AuthenticationFacts = { request, hintedSubject: undefined, session, step: undefined, now }
const prompt = (...values: string[]) => ({ ...request, prompt: values })
const maxAge = (seconds: number, ...values: string[]) => ({ prompt: values, maxAge: seconds })
const acr = (values: string[], essential: boolean, ...prompts: string[]) => ({
  ...prompt(...prompts),
  acr: { values, essential },
})
const by = (name: string) => ({ session: { ...session, acr: name } })
/** Asked for a sign-in when `ses_1` was there, ten seconds before `ses_2` began. */
const step = { kind: 'signed-in', sessionId: 'ses_1', at: now - 110 } as const
const chosen = { kind: 'chosen', sessionId: 'ses_2', at: now - 10 } as const

// OpenID Connect Core §3.1.2.1 and §3.1.2.3 throughout.
const rows: [name: string, facts: AuthenticationFacts, outcome: string][] = [
  ['a session is enough for a request that asks for nothing', facts, 'go-on'],
  ['nobody signed in signs in', { ...facts, session: undefined }, 'sign-in'],
  ['prompt=none signs nobody in', { ...facts, session: undefined, request: prompt('none') }, 'refuse'],
  ['prompt=none takes the session that is there', { ...facts, request: prompt('none') }, 'go-on'],
  ['prompt=login is not met by a session from before', { ...facts, request: prompt('login') }, 'sign-in'],
  ['prompt=login is met by the sign-in it asked for', { ...facts, request: prompt('login'), step }, 'go-on'],
  [
    'prompt=login is not met by going back with the session that was there',
    { ...facts, request: prompt('login'), step: { ...step, sessionId: 'ses_2' } },
    'sign-in',
  ],
  [
    'prompt=login is not met by a session that began before it was asked',
    { ...facts, request: prompt('login'), step: { ...step, at: now - 99 } },
    'sign-in',
  ],
  [
    'prompt=login is not met by a sign-in long after it was asked',
    { ...facts, request: prompt('login'), step: { ...step, at: now - 100 - 601 } },
    'sign-in',
  ],
  ['prompt=login is not met by a choice', { ...facts, request: prompt('login'), step: chosen }, 'sign-in'],
  ['max_age is met by a younger sign-in', { ...facts, request: maxAge(100) }, 'go-on'],
  ['max_age is not met by an older one', { ...facts, request: maxAge(99) }, 'sign-in'],
  ['max_age with prompt=none is refused', { ...facts, request: maxAge(99, 'none') }, 'refuse'],
  [
    'max_age=0 is met by the sign-in it asked for, for as long as reading takes',
    { ...facts, request: maxAge(0), step },
    'go-on',
  ],
  [
    'max_age=0 is not met by it once the page was left open',
    { ...facts, request: maxAge(0), step, now: now + 21 },
    'sign-in',
  ],
  ['the hinted person may go on', { ...facts, hintedSubject: 'acc_1' }, 'go-on'],
  ['another than the hinted person signs in', { ...facts, hintedSubject: 'acc_9' }, 'sign-in'],
  [
    'another than the hinted person is refused under prompt=none',
    { ...facts, hintedSubject: 'acc_9', request: prompt('none') },
    'refuse',
  ],
  ['another who signed in for this is refused', { ...facts, hintedSubject: 'acc_9', step }, 'refuse'],
  ['select_account asks', { ...facts, request: prompt('select_account') }, 'choose-account'],
  ['select_account asks once', { ...facts, request: prompt('select_account'), step: chosen }, 'go-on'],
  [
    'a choice of another session counts for nothing',
    { ...facts, request: prompt('select_account'), step: { ...chosen, sessionId: 'ses_1' } },
    'choose-account',
  ],
  ['who signed in for this has chosen', { ...facts, request: prompt('select_account'), step }, 'go-on'],
  ['acr: the way that is asked for', { ...facts, ...by('pw'), request: acr(['x', 'pw'], true) }, 'go-on'],
  ['acr: another way signs in', { ...facts, ...by('pw'), request: acr(['up'], false) }, 'sign-in'],
  ['acr: a way that nobody kept signs in', { ...facts, request: acr(['pw'], true) }, 'sign-in'],
  [
    'acr: a wish is let go after one try',
    { ...facts, ...by('pw'), request: acr(['up'], false), step },
    'go-on',
  ],
  ['acr: what is insisted on is not', { ...facts, ...by('pw'), request: acr(['up'], true), step }, 'refuse'],
  [
    'acr: a wish asks nobody with prompt=none',
    { ...facts, ...by('pw'), request: acr(['up'], false, 'none') },
    'go-on',
  ],
  [
    'acr: insisting with prompt=none',
    { ...facts, ...by('pw'), request: acr(['up'], true, 'none') },
    'refuse',
  ],
  [
    'login and select_account sign in, which is a choice',
    { ...facts, request: prompt('login', 'select_account') },
    'sign-in',
  ],
]
for (const [name, row, outcome] of rows) {
  test(`authentication: ${name}`, () => assert.equal(decideAuthentication(row).outcome, outcome))
}
