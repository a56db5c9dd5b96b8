import type { DoorSettings, LimitTable } from 'sallyport'

const hour = 3600
const day = 24 * hour

/** Low to high. */
export const plans = ['Free', 'Standard', 'Enterprise'] as const

/** One of the plans. */
export type Plan = (typeof plans)[number]

/** Charp.ai's door: vendors with client id and secret in JSON. */
export const doors: readonly DoorSettings[] = [
  {
    kind: 'vendors',
    id: 'charp',
    path: '/auth',
    registerPath: '/vendors',
    shape: 'oauth',
    plans,
    accessLifetime: hour,
    // Refreshing needs no secret here, so a token that was replaced is worth something for ten seconds only.
    refresh: { idle: 30 * day, absolute: 90 * day, rotation: 'strict', grace: 10, format: 'opaque' },
    attempts: { limit: 15, window: 60 },
  },
]

/** Calls a minute, by plan. */
export const limits: Readonly<Record<string, LimitTable>> = {
  'charp-api': {
    style: 'seconds',
    plans: {
      Free: [{ limit: 60, window: 60 }],
      Standard: [{ limit: 300, window: 60 }],
      Enterprise: [{ limit: 1000, window: 60 }],
    },
    otherwise: [{ limit: 60, window: 60 }],
  },
}
