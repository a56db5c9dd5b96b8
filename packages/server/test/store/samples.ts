import { newId } from '../../src/crypto/id.ts'
import type {
  ApprovedCode,
  AuditEvent,
  Client,
  NewAccount,
  NewFamily,
  Store,
} from '../../src/store/contract/index.ts'

/** The moment at which everything in these tests happens. */
export const now = 1_000_000

/** Whole numbers from 0. */
export const range = (count: number) => Array.from({ length: count }, (_, index) => index)

/** An audit event. */
export const event = (type = 'test'): AuditEvent => ({ type, doorId: 'door' })

let counter = 0
/** A name nobody else has. */
export const fresh = (stem: string) => `${stem}${++counter}-${newId('', now).slice(-6)}`

/** A new account. */
export function account(email = `${fresh('a')}@example.com`): NewAccount {
  return {
    accountId: newId('acc_', now),
    email,
    emailVerifiedAt: undefined,
    passwordHash: 'hash-1',
    admin: false,
    homeTeamId: newId('team_', now),
    plan: 'Free',
  }
}

/** A new family of an account and client. */
export function family(more: Partial<NewFamily> = {}): NewFamily {
  return {
    familyId: newId('fam_', now),
    doorId: 'door',
    kind: 'code',
    accountId: 'acc_x',
    clientId: 'app_x',
    teamId: 'team_x',
    scope: ['a', 'b'],
    authenticatedAt: now,
    nonce: undefined,
    resources: [],
    claims: [],
    details: [],
    expiresAt: undefined,
    ...more,
  }
}

/** A new code, approved in a signed-in browser. */
export async function newCode(store: Store): Promise<ApprovedCode> {
  return {
    hash: fresh('code'),
    sessionHash: (await addSession(store)).hash,
    consent: 'given',
    redirectUri: 'https://app.example/cb',
    askedRedirectUri: 'https://app.example/cb',
    codeChallenge: undefined,
    dpopJkt: undefined,
    expiresAt: now + 60,
  }
}

/** Adds an account and returns it. */
export async function addAccount(store: Store): Promise<NewAccount> {
  const made = account()
  await store.accounts.create(made, event(), now)
  return made
}

/** Adds a client without a secret; its id. */
export async function addClient(store: Store, more: Partial<Client> = {}): Promise<string> {
  const clientId = newId('app_', now)
  const client = {
    clientId,
    doorId: 'door',
    name: 'c',
    type: 'confidential',
    teamId: undefined,
    grantTypes: [],
    scope: [],
    redirectUris: [],
    resources: undefined,
    ...more,
  } as const
  await store.clients.create(client, undefined, event(), now)
  return clientId
}

/** Adds a widget with a session limit; its id. */
export async function addWidget(store: Store, sessionLimit: number): Promise<string> {
  const widgetId = newId('wid_', now)
  const more = {
    allowedOrigins: ['https://a.example'],
    active: true,
    allowOverrides: false,
    sessionLimit,
    profile: {},
  }
  await store.widgets.create(
    { widgetId, slug: fresh('w'), doorId: 'door', accountId: 'acc_x', teamId: 'team_x', ...more },
    event(),
    now,
  )
  return widgetId
}

/** Signs a new person in; the session's hash and whose it is. */
export async function addSession(
  store: Store,
): Promise<{ readonly hash: string; readonly account: NewAccount }> {
  const [made, hash] = [await addAccount(store), fresh('session')]
  const session = {
    sessionId: newId('ses_', now),
    hash,
    accountId: made.accountId,
    authenticatedAt: now,
    expiresAt: now + 365 * 24 * 3600,
  }
  await store.accounts.addSession(session, made, event(), now)
  return { hash, account: made }
}
