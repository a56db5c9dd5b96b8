import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { inTurn, inUse, type Subject } from './subject.ts'

async function subject(storage: 'database' | 'secondary-storage'): Promise<Subject> {
  const held = new Map<string, string>()
  const auth = betterAuth({
    baseURL: 'http://localhost',
    secret: 'a secret of thirty-two characters or more',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
    ...(storage === 'secondary-storage' && {
      secondaryStorage: {
        get: async (key) => held.get(key) ?? null,
        set: async (key, value) => void held.set(key, value),
        delete: async (key) => void held.delete(key),
      },
    }),
    emailAndPassword: { enabled: true },
    // Its own default of ten checks a day and key would end the benchmark.
    plugins: [apiKey({ storage, rateLimit: { enabled: false } })],
    telemetry: { enabled: false },
  })
  const { user } = await auth.api.signUpEmail({
    body: { email: 'one@example.com', password: 'correct horse battery', name: 'One' },
  })
  const made = Array.from({ length: inUse }, () => auth.api.createApiKey({ body: { userId: user.id } }))
  return {
    prepare: inTurn((await Promise.all(made)).map(({ key }) => key)),
    async check(key) {
      const { valid } = await auth.api.verifyApiKey({ body: { key: String(key) } })
      if (!valid) throw new Error('better-auth refused its own key')
    },
    close: () => Promise.resolve(),
  }
}

/** better-auth with its keys in its own memory adapter, which it writes to with every check. */
export const betterAuthMemory = (): Promise<Subject> => subject('database')

/** better-auth with its keys in a Map as secondary storage: nothing that it offers is faster. */
export const betterAuthMap = (): Promise<Subject> => subject('secondary-storage')
