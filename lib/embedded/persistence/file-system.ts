import { writeSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** An open file. Places are in bytes from its beginning. */
export interface OpenFile {
  size(): Promise<number>
  /** Fills `buffer` from a place on; fewer bytes than it holds at the end of the file. */
  read(buffer: Buffer, at: number): Promise<number>
  /** Writes at once, possibly not all; gives how many bytes it wrote. @throws NodeJS.ErrnoException */
  writeNow(bytes: Buffer, at: number): number
  /** Writes in the background, possibly not all. */
  write(bytes: Buffer, at: number): Promise<number>
  /** Cuts it off. */
  truncate(size: number): Promise<void>
  /** Resolves once what was written is on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What the append-only file asks of the operating system; a test may answer in its place. */
export interface FileSystem {
  /** Opens for reading and writing; a file that is not there is made, with `empty` one that is there is emptied. */
  open(path: string, empty: boolean): Promise<OpenFile>
  /** Puts a file in the place of another, so that there is one or the other at any time, and on disk when it resolves. */
  replace(from: string, to: string): Promise<void>
  /** Removes a file, if it is there. */
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

/** The machine's own files. */
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

/** A new name is on disk only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  // Windows keeps its folders by itself, and cannot open one.
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
