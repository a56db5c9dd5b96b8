import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Signer, SignerKey } from '../../packages/server/src/settings/signing.ts'

/** How a signer behaves: as it should, after 300 ms, with a refusal, not at all, with a signature by another key, with one in DER. */
export type SignerMode = 'works' | 'slow' | 'fails' | 'silent' | 'lies' | 'der'

/** What a test changes about a signer. */
export interface SignerChange {
  readonly mode?: SignerMode
  readonly add?: { readonly kid: string; readonly activeAt: number }
}

/** A signer in another process. */
export interface TestSigner {
  readonly url: string
  /** Changes it; how many signatures it has been asked for. */
  change(change: SignerChange): Promise<number>
  close(): Promise<void>
}

/** Starts a signer that has one key already. */
export async function startSigner(kid: string): Promise<TestSigner> {
  const child = fork(join(import.meta.dirname, 'signer-process.ts'), {
    execArgv: ['--conditions=source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
  async function change(what: SignerChange): Promise<number> {
    const answered = once(child, 'message')
    child.send(what)
    const [{ asked }] = (await answered) as [{ readonly asked: number }]
    return asked
  }
  await change({ add: { kid, activeAt: 0 } })
  return {
    url: `http://127.0.0.1:${port}`,
    change,
    async close() {
      child.kill()
      await once(child, 'close')
    },
  }
}

async function answerOf(url: string, init: RequestInit): Promise<string> {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`the signer answered ${answer.status}`)
  return answer.text()
}

/** The server's side of it, as an operator writes it. */
export function signerAt(url: string): Signer {
  return {
    async keys(signal) {
      return JSON.parse(await answerOf(`${url}/keys`, { signal })) as readonly SignerKey[]
    },
    async sign(kid, _alg, input, signal) {
      const body = JSON.stringify({ kid, input: Buffer.from(input).toString('base64') })
      return Buffer.from(await answerOf(`${url}/sign`, { method: 'POST', body, signal }), 'base64')
    },
  }
}
