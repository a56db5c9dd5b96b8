import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes what was written to a file durable. */
export type SyncFile = (file: FileHandle) => Promise<void>

const syncData: SyncFile = (file) => file.datasync()

/**
 * The write-ahead log of an open database, to be synced from outside of SQLite. It keeps its inode for as long as a
 * connection is open: a checkpoint starts it over, in place, after SQLite itself has synced what it moved.
 *
 * Never open the database or its `-shm` file like this: closing them would drop the locks that SQLite holds there.
 */
export class WalFile {
  readonly #path: string
  readonly #sync: SyncFile
  #file: Promise<FileHandle> | undefined

  constructor(path: string, sync: SyncFile = syncData) {
    this.#path = `${path}-wal`
    this.#sync = sync
  }

  /** Resolves when all that was in the file at the time of the call is durable. */
  async sync(): Promise<void> {
    this.#file ??= this.#open()
    await this.#sync(await this.#file)
  }

  async close(): Promise<void> {
    await (await this.#file)?.close()
  }

  /** A file is only as durable as its name: the folder is synced once the file exists. */
  async #open(): Promise<FileHandle> {
    const file = await open(this.#path, 'r+')
    if (process.platform !== 'win32') {
      const folder = await open(dirname(this.#path), 'r')
      await folder.sync()
      await folder.close()
    }
    return file
  }
}
