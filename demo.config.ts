import type { Seed } from 'sallyport'

const scopes = (resources: readonly string[], verbs: readonly string[]) =>
  resources.flatMap((resource) => verbs.map((verb) => `${resource}:${verb}`))
const resources = ['domains', 'vps', 'email', 'billing']
const callback = 'http://127.0.0.1/demo/callback'

/** What the demonstration starts with: the documents' own redirect addresses, scopes and origins. */
export const demo: Seed = {
  person: { email: 'demo@example.com' },
  admin: { email: 'admin@example.com' },
  plan: 'Free',
  teams: [
    { slug: 'acme', name: 'Acme', plan: 'Free' },
    { slug: 'globex', name: 'Globex', plan: 'Free' },
  ],
  apps: {
    openchatstudio: {
      door: 'openchatstudio',
      name: 'Demo chat app',
      redirectUris: ['https://your-server/callback/', callback],
      scope: ['chatbot:read', 'session:read'],
    },
    osir: {
      door: 'osir-oauth',
      name: 'Demo domains app',
      redirectUris: ['https://yourapp.com/callback', callback],
      scope: ['domains:read', 'domains:write'],
    },
  },
  vendors: {
    free: { door: 'charp', name: 'Free vendor', plan: 'Free' },
    standard: { door: 'charp', name: 'Standard vendor', plan: 'Standard' },
    enterprise: { door: 'charp', name: 'Enterprise vendor', plan: 'Enterprise' },
  },
  keys: {
    live: { door: 'osir', name: 'Live', environment: 'live', scope: scopes(resources, ['read', 'write']) },
    test: { door: 'osir', name: 'Test', environment: 'test', scope: scopes(resources, ['read', 'write']) },
    readonly: { door: 'osir', name: 'Read only', environment: 'live', scope: scopes(resources, ['read']) },
  },
  character: {
    door: 'oshara-widgets',
    slug: 'support-bot',
    allowedOrigins: ['https://mysite.com', 'https://staging.mysite.com'],
    profile: { name: 'Support bot', greeting: 'Hello! How can I help?' },
  },
}
