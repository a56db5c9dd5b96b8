import { createTokens, vendors } from '@sallyport/client'
import { fileStorage } from '@sallyport/client/file'

// A vendor's process: gets an access token whenever it is told what time it is.

const { path, ...credentials } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly path: string
  readonly server: string
  readonly clientId: string
  readonly clientSecret: string
}
let now = 0
const tokens = createTokens({ door: vendors(credentials), storage: fileStorage(path), now: () => now })

process.on('message', (at: number) => {
  now = at
  tokens.access().then(
    (access) => process.send?.({ access }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
