import type { Database } from '../keyspace/database.ts'
import { CommandLog } from './command-log.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { Snapshot } from './snapshot.ts'

/** Commands of this many bytes are produced before other work gets its turn. */
const SLICE_BYTES = 64 * 1024
/**
 * Once fewer bytes than this were written in the meantime, the rest is written while replies wait.
 */
const SMALL_BYTES = 64 * 1024

/**
 * Writes a new append-only file next to the old one: the current data, then the writes in the
 * meantime.
 */
export class Rewrite {
  /** Collects the writes from now on. */
  readonly meanwhile: CommandLog = new CommandLog()
  readonly #files: FileSystem
  readonly #path: string
  readonly #temporaryPath: string
  readonly #snapshot: Snapshot
  #file: OpenFile | undefined
  #size = 0
  #cancelled = false

  /** Starts with the current data; must not be called within a command. */
  constructor(databases: readonly Database[], files: FileSystem, path: string) {
    this.#files = files
    this.#path = path
    this.#temporaryPath = `${path}.rewrite`
    this.#snapshot = new Snapshot(databases)
  }

  /**
   * Writes nearly everything to disk, so that {@link finish} takes little time.
   * @throws NodeJS.ErrnoException - the new file is removed then
   */
  async prepare(): Promise<void> {
    try {
      const file = await this.#files.open(this.#temporaryPath, true)
      this.#file = file
      for (let more = true; more; ) {
        more = this.#snapshot.advance(SLICE_BYTES)
        await this.#write(file, this.#snapshot.log.take())
      }
      this.#snapshot.end()
      while (this.meanwhile.length > SMALL_BYTES) await this.#write(file, this.meanwhile.take())
      await file.sync()
    } catch (error) {
      await this.abandon()
      throw error
    }
  }

  /**
   * Writes the rest and replaces the old file.
   * @returns the new file, all of it on disk
   * @throws NodeJS.ErrnoException - the old file stays in use then
   */
  async finish(): Promise<{ readonly file: OpenFile; readonly size: number }> {
    const file = this.#file!
    try {
      await this.#write(file, this.meanwhile.take())
      await file.sync()
      await this.#files.replace(this.#temporaryPath, this.#path)
      return { file, size: this.#size }
    } catch (error) {
      await this.abandon()
      throw error
    }
  }

  /** Makes {@link prepare} fail as soon as possible. */
  cancel(): void {
    this.#cancelled = true
  }

  /** Removes the new file. */
  async abandon(): Promise<void> {
    this.#snapshot.end()
    // The rewrite has failed already; a further failure makes no difference.
    await this.#file?.close().catch(() => {})
    await this.#files.remove(this.#temporaryPath).catch(() => {})
  }

  async #write(file: OpenFile, chunks: readonly string[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.#cancelled) throw new Error('cancelled')
      let bytes = Buffer.from(chunk, 'latin1')
      while (bytes.length > 0) {
        const count = await file.write(bytes, this.#size)
        this.#size += count
        bytes = bytes.subarray(count)
      }
    }
  }
}
