import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TokenStorage } from './storage.ts'

/** Whether an error of the file system says that there is no such file. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

const onWindows = process.platform === 'win32'

async function read(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    // The permissions of what was opened, not of what the name may mean by now.
    const { mode } = await file.stat()
    if (!onWindows && (mode & 0o077) !== 0)
      throw new Error('the token file may be read by others than its owner: chmod 600')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** A new name in a directory is on the disk once the directory is. */
async function syncDirectory(path: string): Promise<void> {
  if (onWindows) return
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function write(path: string, text: string): Promise<void> {
  // In the same directory, so that it can take the name in one step; readable by the owner from the first byte.
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncDirectory(path)
}

/**
 * Keeps tokens in a file that only its owner may read (0600), for Node, Deno and Bun. Any number of processes may use the
 * same one: it is replaced in one step and synced, so that whoever reads sees all of the old tokens or all of the new,
 * after a power cut too. A file that others may read is refused.
 */
export function fileStorage(path: string): TokenStorage {
  return {
    async load() {
      try {
        return await read(path)
      } catch (error) {
        // Nobody has signed in yet.
        if (isMissing(error)) return undefined
        throw error
      }
    },
    save: (text) => write(path, text),
    clear: () => rm(path, { force: true }),
  }
}
