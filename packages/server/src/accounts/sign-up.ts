import { checkNewPassword, parseEmail } from '@sallyport/protocol'
import { newId } from '../crypto/id.ts'
import type { Account } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'

/** What became of a sign-up: the account, or what is wrong by field. */
export type SignUp =
  | { readonly outcome: 'created'; readonly account: Account }
  | { readonly outcome: 'refuse'; readonly fields: Readonly<Record<string, readonly string[]>> }

/** Who signs up, and on what terms. */
export interface NewPerson {
  readonly email: string
  /** `undefined` for somebody who only signs in elsewhere. */
  readonly password: string | undefined
  readonly plan: string
  readonly minPasswordLength: number
  readonly emailVerified?: boolean
  readonly admin?: boolean
}

const taken = { email: ['A user with this email address already exists.'] }

/** Creates an account with its home team. Of many sign-ups with one address exactly one succeeds. */
export async function signUp(
  person: NewPerson,
  { store, passwords, now, event }: AccountContext,
): Promise<SignUp> {
  const { password, plan, minPasswordLength, emailVerified = false, admin = false } = person
  const email = parseEmail(person.email)
  const weak =
    password === undefined
      ? undefined
      : checkNewPassword(password, { email: email ?? '', minLength: minPasswordLength })
  const fields = {
    ...(email === undefined && { email: ['Enter a valid email address.'] }),
    ...(weak !== undefined && { password: [weak] }),
  }
  if (email === undefined || Object.keys(fields).length > 0) return { outcome: 'refuse', fields }
  if (await store.accounts.findByEmail(email)) return { outcome: 'refuse', fields: taken }

  const accountId = newId('acc_', now)
  const account = {
    accountId,
    email,
    emailVerifiedAt: emailVerified ? now : undefined,
    passwordHash: password === undefined ? undefined : await passwords.hash(password),
    admin,
    homeTeamId: newId('team_', now),
  }
  const created = await store.accounts.create(
    { ...account, plan },
    event('account.created', { accountId, targetId: accountId }),
    now,
  )
  if (!created) return { outcome: 'refuse', fields: taken }
  return { outcome: 'created', account: { ...account, createdAt: now, disabledAt: undefined } }
}
