import { checkNewPassword } from '@sallyport/protocol'
import type { Account } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'

/** What became of a password change. */
export type PasswordChange =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'refuse'; readonly fields: Readonly<Record<string, readonly string[]>> }

/** Replaces a password and ends every session and token family of the person: a stolen one must not outlive the change. */
export async function changePassword(
  account: Account,
  change: { readonly oldPassword: string; readonly newPassword: string; readonly minPasswordLength: number },
  { store, passwords, now, event }: AccountContext,
): Promise<PasswordChange> {
  if (!(await passwords.verify(change.oldPassword, account.passwordHash))) {
    return { outcome: 'refuse', fields: { old_password: ['Your old password was entered incorrectly.'] } }
  }
  const weak = checkNewPassword(change.newPassword, {
    email: account.email,
    minLength: change.minPasswordLength,
  })
  if (weak !== undefined) return { outcome: 'refuse', fields: { new_password: [weak] } }
  const { accountId } = account
  const passwordHash = await passwords.hash(change.newPassword)
  const changed = await store.accounts.setPassword(
    { accountId, expected: account.passwordHash, passwordHash },
    event('account.password-changed', { accountId, targetId: accountId }),
    now,
  )
  // Somebody else changed it between our look and our write: what we verified is no longer the old password.
  return changed
    ? { outcome: 'changed' }
    : { outcome: 'refuse', fields: { old_password: ['Your old password was entered incorrectly.'] } }
}
