import { writeSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** An open file. Positions are in bytes from its beginning. */
export interface OpenFile {
  size(): Promise<number>
  /** Fills `buffer` from a position on; reads fewer bytes only at the end of the file. */
  read(buffer: Buffer, at: number): Promise<number>
  /**
   * Writes synchronously, possibly not everything; returns the number of bytes written.
   * @throws NodeJS.ErrnoException
   */
  writeNow(bytes: Buffer, at: number): number
  /** Writes asynchronously, possibly not everything. */
  write(bytes: Buffer, at: number): Promise<number>
  /** Truncates the file. */
  truncate(size: number): Promise<void>
  /** Resolves once the data written is on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * The operations that the append-only file needs from the operating system; tests can replace them.
 */
export interface FileSystem {
  /**
   * Opens a file for reading and writing, and creates it if it does not exist. With `empty` an
   * existing file is truncated.
   */
  open(path: string, empty: boolean): Promise<OpenFile>
  /** Replaces a file by another atomically. The change is on disk when the promise resolves. */
  replace(from: string, to: string): Promise<void>
  /** Removes a file if it exists. */
  remove(path: string): Promise<void>
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async read(buffer: Buffer, at: number): Promise<number> {
    return (await this.#handle.read(buffer, 0, buffer.length, at)).bytesRead
  }

  writeNow(bytes: Buffer, at: number): number {
    return writeSync(this.#handle.fd, bytes, 0, bytes.length, at)
  }

  async write(bytes: Buffer, at: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, at)).bytesWritten
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size)
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** The real file system. */
export const nodeFileSystem: FileSystem = {
  async open(path, empty) {
    if (empty) return new NodeFile(await open(path, 'w+', 0o600))
    try {
      return new NodeFile(await open(path, 'r+'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      const file = new NodeFile(await open(path, 'wx+', 0o600))
      await syncFolder(path)
      return file
    }
  },
  async replace(from, to) {
    await rename(from, to)
    await syncFolder(to)
  },
  remove: (path) => rm(path, { force: true }),
}

/** The new name of a file is on disk only once its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  // Windows syncs its folders by itself, and cannot open one.
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
