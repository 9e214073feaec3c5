import type { OpenFile } from './file-system.ts'

/**
 * A file that grows at its end. Data that could not be written is kept, and written together with
 * the next data.
 */
export class AppendedFile {
  readonly #file: OpenFile
  #size: number
  /** The data to write next, in pieces. */
  #chunks: string[] = []
  #unsynced = false
  #syncing: Promise<void> | undefined

  /** @param size - the size of the file */
  constructor(file: OpenFile, size: number) {
    this.#file = file
    this.#size = size
  }

  /** The length of the whole commands in the file, in bytes. */
  get size(): number {
    return this.#size
  }

  /** Whether data waits to be written. */
  get isBehind(): boolean {
    return this.#chunks.length > 0
  }

  /** Whether the file contains data that may not be on disk yet. */
  get isUnsynced(): boolean {
    return this.#unsynced
  }

  /** Adds data for {@link write}. */
  add(chunks: readonly string[]): void {
    for (const chunk of chunks) this.#chunks.push(chunk)
  }

  /**
   * Writes all waiting data, or none of it.
   * @throws NodeJS.ErrnoException
   */
  write(): void {
    let at = this.#size
    try {
      for (const chunk of this.#chunks) at = this.#writeAt(Buffer.from(chunk, 'latin1'), at)
    } catch (error) {
      // A partial command must not stay at the end. If it does, it is cut off when the file is
      // loaded.
      if (at > this.#size) this.#file.truncate(this.#size).catch(() => {})
      throw error
    }
    if (at > this.#size) this.#unsynced = true
    this.#size = at
    this.#chunks = []
  }

  /**
   * Resolves once all data written so far is on disk.
   * @throws NodeJS.ErrnoException - then it is unknown which of the data is on disk
   */
  async sync(): Promise<void> {
    await this.#syncing?.catch(() => {})
    if (!this.#unsynced) return
    this.#unsynced = false
    this.#syncing = this.#file.sync()
    try {
      await this.#syncing
    } catch (error) {
      this.#unsynced = true
      throw error
    } finally {
      this.#syncing = undefined
    }
  }

  async close(): Promise<void> {
    await this.#syncing?.catch(() => {})
    await this.#file.close()
  }

  #writeAt(bytes: Buffer, at: number): number {
    let left = bytes
    let place = at
    while (left.length > 0) {
      const count = this.#file.writeNow(left, place)
      place += count
      left = left.subarray(count)
    }
    return place
  }
}
