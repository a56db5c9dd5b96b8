import { type Plan, plans } from './preset.ts'

/** What an endpoint asks for that opens from `plan` up. */
export const rule = (plan: Plan) => ({
  doors: ['charp'],
  kinds: ['vendor'] as const,
  plan,
  plans,
  limits: ['charp-api'],
})
