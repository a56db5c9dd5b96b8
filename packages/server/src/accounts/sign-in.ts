import { parseEmail } from '@sallyport/protocol'
import type { Account } from '../store/contract/index.ts'
import type { AccountContext } from './context.ts'

/**
 * The account of an e-mail address and password, or `undefined`: unknown, disabled, without a password and wrong are one
 * answer, and each costs one password hash.
 */
export async function signIn(
  email: string,
  password: string,
  { store, passwords }: AccountContext,
): Promise<Account | undefined> {
  const canonical = parseEmail(email)
  const account = canonical === undefined ? undefined : await store.accounts.findByEmail(canonical)
  const right = await passwords.verify(password, account?.passwordHash)
  return right && account?.disabledAt === undefined ? account : undefined
}
