import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

/** The system's Chromium, where it is. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
)

// Nothing of the browser's own may look for the network: it is not there, and each try is a slow failure.
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real browser with a fresh profile. */
export interface RealBrowser {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** Starts Chromium. Throws where the machine has none: CI installs it. */
export async function startChromium(
  options: { readonly javaScriptEnabled?: boolean } = {},
): Promise<RealBrowser> {
  if (chromiumPath === undefined) throw new Error('Chromium is not installed: apt-get install chromium')
  const profile = await mkdtemp(join(tmpdir(), 'sallyport-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    args: quiet,
    viewport: { width: 390, height: 844 },
    ...options,
  })
  return {
    context,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
