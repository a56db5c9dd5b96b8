// What the benchmark uses of peers that only its own folder installs, so that the types can be checked without them.

declare module 'express-oauth2-jwt-bearer' {
  type Next = (error?: unknown) => void
  export function auth(options: {
    readonly issuer: string
    readonly jwksUri: string
    readonly audience: string
    readonly tokenSigningAlg: string
  }): (request: object, response: object, next: Next) => void
}

declare module 'better-auth' {
  interface Storage {
    get(key: string): Promise<string | null>
    set(key: string, value: string): Promise<void>
    delete(key: string): Promise<void>
  }
  export function betterAuth(options: {
    readonly baseURL: string
    readonly secret: string
    readonly database: unknown
    readonly secondaryStorage?: Storage
    readonly emailAndPassword: { readonly enabled: boolean }
    readonly plugins: readonly unknown[]
    readonly telemetry: { readonly enabled: boolean }
  }): {
    readonly api: {
      signUpEmail(call: { readonly body: object }): Promise<{ readonly user: { readonly id: string } }>
      createApiKey(call: { readonly body: object }): Promise<{ readonly key: string }>
      verifyApiKey(call: { readonly body: { readonly key: string } }): Promise<{ readonly valid: boolean }>
    }
  }
}

declare module 'better-auth/adapters/memory' {
  export function memoryAdapter(tables: Record<string, object[]>): unknown
}

declare module '@better-auth/api-key' {
  export function apiKey(options: {
    readonly storage: 'database' | 'secondary-storage'
    readonly rateLimit: { readonly enabled: boolean }
  }): unknown
}
