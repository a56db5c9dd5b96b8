import { pino } from 'pino'
import * as v from 'valibot'
import config from '../../sallyport.config.ts'
import { fetchGuard } from '@sallyport/guard/fetch'
import { mountDoors } from '../../packages/server/src/doors/index.ts'
import { createServer } from '../../packages/server/src/server/create.ts'
import type { Platform } from '../../packages/server/src/server/platform.ts'
import { detailType } from '../../packages/server/src/settings/detail-type.ts'
import { sow } from '../../packages/server/src/server/seed.ts'
import type { DoorSettings } from '../../packages/server/src/settings/door.ts'
import type { Limiter } from '../../packages/server/src/checks/limit.ts'
import { signerAt } from './signer.ts'
import { type ServerOptions, testSecret } from './server.ts'

// The real server, differing from `sallyport start` in one thing: its clock stands still until the test moves it.

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions & { readonly startAt: number }
let now = options.startAt

function overridden(door: DoorSettings): DoorSettings {
  return { ...door, ...options.doors?.[door.id] } as DoorSettings
}

const broken: Limiter = {
  spend: () => Promise.reject(new Error('the limiter is not there')),
  refund: () => Promise.reject(new Error('the limiter is not there')),
}

const probe: Platform = {
  name: 'probe',
  doors: [],
  async api(host) {
    const protect = fetchGuard(host.guard({ shape: 'message' }))
    const doors = config.platforms.flatMap((platform) => platform.doors.map(({ id }) => id))
    const answer = protect({ doors }, (_request, { kind }) => Response.json({ kind }))
    return [{ paths: ['/probe'], fetch: answer }]
  },
}

/** A type of authorization details, for the doors of a test that list it. */
const payments: Platform = {
  name: 'payments',
  doors: [],
  authorizationDetails: {
    payment: detailType(
      v.strictObject({
        type: v.literal('payment'),
        amount: v.pipe(v.string(), v.regex(/^\d{1,9}\.\d\d$/)),
        currency: v.picklist(['EUR', 'USD']),
        creditor: v.pipe(v.string(), v.maxLength(50)),
      }),
      ({ amount, currency, creditor }) => `pay ${amount} ${currency} to ${creditor}`,
    ),
  },
  async api() {
    return []
  },
}

const port = options.port ?? 0
const server = await createServer({
  settings: {
    baseUrl: options.baseUrl ?? `http://127.0.0.1:${port}`,
    port,
    host: '127.0.0.1',
    dataFolder: options.dataFolder ?? '',
    secret: options.secret ?? testSecret,
    previousSecret: options.previousSecret,
    trustedProxies: options.trustedProxies ?? 0,
    logLevel: 'trace',
    debug: options.debug ?? false,
    google: options.google,
  },
  platforms: [...config.platforms, payments, ...(options.probe ? [probe] : [])].map((platform) => ({
    ...platform,
    doors: platform.doors.map(overridden),
    limits: { ...platform.limits, ...options.limits },
  })),
  now: () => now,
  demo: options.seed ?? false,
  forwardAuth: options.forwardAuth,
  signing: options.signerUrl === undefined ? options.signing : { signer: signerAt(options.signerUrl) },
  privateNetworks: options.privateNetworks,
  clientCertificate: options.clientCertificate,
  log: pino({ level: 'trace' }),
  ...(options.brokenLimiter && { limiter: broken }),
})

process.on('message', (message: { readonly moveTo: number } | { readonly sweep: true }) => {
  if ('sweep' in message) {
    void server.services.store.sweep(now).then((swept) => process.send?.({ swept }))
    return
  }
  now = message.moveTo
  process.send?.({ movedTo: now })
})
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)))

await server.listen()
const demo = config.demo && options.seed ? await sow(config.demo, server.services) : undefined
// What is mounted, as the server's own list has it.
const endpoints = mountDoors(server.services).flatMap((door) =>
  door.endpoints.map(({ path, methods }) => ({ door: door.id, path, methods: Object.keys(methods) })),
)
process.send?.({ ready: true, demo, endpoints })
