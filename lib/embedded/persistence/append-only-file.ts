import { AppendOnlyFileError } from '../../errors.ts'
import type { ClockTimer } from '../../util/clock.ts'
import type { Engine } from '../engine/engine.ts'
import type { Journal } from '../engine/journal.ts'
import type { Write } from '../engine/propagation.ts'
import { ErrorReply } from '../resp/value.ts'
import { systemMessage } from '../text/system-message.ts'
import { AppendedFile } from './appended-file.ts'
import { CommandLog } from './command-log.ts'
import type { FileSystem } from './file-system.ts'
import { load } from './load.ts'
import { Rewriting } from './rewriting.ts'

/** How often the file is synced under `everysec`, and how soon a failed write is tried again. */
const SECOND_MS = 1000

/**
 * The append-only file of a server: every write is added to it before its client gets the reply.
 * Loading the file repeats the writes.
 *
 * Writes are collected while the event loop handles what has arrived. Then they are written
 * together, and synced under `always`; only then are their replies sent. A file that has doubled
 * its size is rewritten in the background.
 */
export class AppendOnlyFile implements Journal {
  readonly path: string
  readonly #engine: Engine
  readonly #rewriting: Rewriting
  readonly #log = new CommandLog()
  #file: AppendedFile
  /**
   * Whether the file contains all writes: not while it is switched off, nor after a sync has
   * failed.
   */
  #complete = true
  #enabled = true
  #busy: Promise<void> | undefined
  #syncWanted = false
  #failing: unknown
  #doubtful = false
  #timer: ClockTimer | undefined
  #closing = false
  #closed: Promise<void> | undefined
  #unsubscribe: () => void = () => {}
  /** When all data were last known to be on disk, in ms since 1970. */
  lastSyncAt: number
  /** The number of changes at that time. */
  dirtyAtSync = 0

  private constructor(engine: Engine, path: string, files: FileSystem, file: AppendedFile) {
    this.#engine = engine
    this.path = path
    // A failed rewrite matters only if nothing else stores the data.
    this.#rewriting = new Rewriting(engine, files, path, file.size, (error) => {
      if (!this.#complete) this.#failed(error)
    })
    this.#file = file
    this.lastSyncAt = engine.clock.now()
  }

  /**
   * Loads a file into a server that has no data and no clients yet, and adds its writes from then
   * on. The file is created if it does not exist; one that was cut off is cut back to its last
   * whole command.
   * @throws AppendOnlyFileError - if it is damaged elsewhere
   * @throws NodeJS.ErrnoException - if it cannot be read or written
   */
  static async open(engine: Engine, path: string, files: FileSystem): Promise<AppendOnlyFile> {
    const file = await files.open(path, false)
    try {
      const size = await file.size()
      engine.sweep.stop()
      const { commands, wholeBytes } = await load(engine, file, path)
      if (wholeBytes < size) {
        if (engine.config.value('aof-load-truncated') === 'no') {
          throw new AppendOnlyFileError(path, wholeBytes, 'cut off (and aof-load-truncated is no)')
        }
        engine.log('warning', `${path} is cut off; truncating it from ${size} to ${wholeBytes} bytes`)
        await file.truncate(wholeBytes)
      }
      if (size > 0) engine.log('notice', `Loaded ${commands} commands from ${path}`)
      engine.forgetLoading()
      const appendOnly = new AppendOnlyFile(engine, path, files, new AppendedFile(file, wholeBytes))
      appendOnly.#attach()
      return appendOnly
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get size(): number {
    return this.#file.size
  }

  get baseSize(): number {
    return this.#rewriting.baseSize
  }

  get isEnabled(): boolean {
    return this.#enabled
  }

  /** Whether writes reach the file as configured. */
  get isWriting(): boolean {
    return this.#failing === undefined
  }

  get isRewriting(): boolean {
    return this.#rewriting.isUnderWay
  }

  get lastRewriteFailed(): boolean {
    return this.#rewriting.lastFailed
  }

  /** Delays the replies of this turn until all data are on disk. */
  syncBeforeReplies(): void {
    this.#syncWanted = true
    this.#engine.outbox.wake()
  }

  /** Requests a rewrite in the background; false if one is running. */
  rewrite(): boolean {
    return this.#rewriting.request()
  }

  /**
   * Writes and syncs what is left. A second call returns the first promise.
   * @throws NodeJS.ErrnoException - if that fails
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { outbox, clock } = this.#engine
    this.#closing = true
    this.#unsubscribe()
    outbox.beforeWrite = undefined
    await this.#rewriting.cancel()
    await this.#busy?.catch(() => {})
    clock.clearTimer(this.#timer)
    try {
      this.#file.add(this.#log.take())
      this.#file.write()
      await this.#file.sync()
      if (this.#failing !== undefined && !this.#complete) throw this.#failing
    } finally {
      await this.#file.close()
    }
  }

  #attach(): void {
    const engine = this.#engine
    this.#unsubscribe = engine.propagation.subscribe((writes) => this.#take(writes))
    engine.outbox.beforeWrite = () => this.#beforeReplies()
    engine.config.onSet('appendonly', (value) => this.#switchOnOrOff(value === 'yes'))
    engine.sweep.start()
  }

  #take(writes: readonly Write[]): void {
    this.#rewriting.take(writes)
    if (this.#enabled && this.#complete) this.#log.addUnit(writes)
    this.#engine.outbox.wake()
  }

  /**
   * Runs between turns of the event loop, never within a command. Replies wait for the promise that
   * it returns.
   */
  #beforeReplies(): Promise<void> | undefined {
    this.#rewriting.beginIfWanted(this.size)
    const work = this.#rewriting.isPrepared ? this.#replaceFile() : this.#writeAndSync()
    if (this.#enabled) this.#rewriting.requestIfGrown(this.size)
    this.#busy = work
    return work
  }

  #writeAndSync(): Promise<void> | undefined {
    this.#file.add(this.#log.take())
    // After a failure, only the retries write, to find out whether writing works again.
    if (this.#failing !== undefined) return this.#refuseDoubtful()
    if (this.#file.isBehind) {
      try {
        this.#file.write()
      } catch (error) {
        this.#failed(error)
        return this.#policy === 'always' ? Promise.reject(error) : undefined
      }
    }
    const mustSync = this.#syncWanted || (this.#policy === 'always' && this.#file.isUnsynced)
    if (mustSync) return this.#sync()
    if (this.#file.isUnsynced && this.#policy === 'everysec') this.#wakeLater()
    return undefined
  }

  /**
   * Rejects writes that were executed during a sync that then failed: their clients must not get a
   * success.
   */
  #refuseDoubtful(): Promise<void> | undefined {
    if (!this.#doubtful) return undefined
    this.#doubtful = false
    return Promise.reject(this.#failing)
  }

  get #policy(): string {
    return this.#engine.config.value('appendfsync')
  }

  async #sync(): Promise<void> {
    const { dirty, clock } = this.#engine
    this.#syncWanted = false
    try {
      await this.#file.sync()
    } catch (error) {
      // The system may have dropped the data that it could not write, and reports that only once.
      // Only a new file is certain to be complete.
      this.#complete = false
      this.#failed(error)
      throw error
    }
    this.lastSyncAt = clock.now()
    this.dirtyAtSync = dirty
  }

  #failed(error: unknown): void {
    if (!this.#enabled) return
    if (this.#failing === undefined) {
      this.#doubtful = this.#policy === 'always' && this.#log.length > 0
      this.#engine.log(
        'warning',
        `Error writing to ${this.path}: ${systemMessage(error)}. Writes are refused until it succeeds`,
      )
    }
    this.#failing = error
    this.#engine.writeRefusal = new ErrorReply(`MISCONF Errors writing to the AOF file: ${systemMessage(error)}`)
    this.#wakeLater()
  }

  #wakeLater(): void {
    this.#timer ??= this.#engine.clock.setTimer(() => this.#wake(), SECOND_MS)
  }

  #wake(): void {
    this.#timer = undefined
    if (this.#closing) return
    if (this.#failing !== undefined) this.#tryAgain()
    // #sync() records its failure itself.
    else if (this.#policy !== 'no') this.#sync().catch(() => {})
  }

  #tryAgain(): void {
    if (!this.#complete) {
      this.rewrite()
      return
    }
    try {
      this.#file.write()
    } catch (error) {
      this.#failed(error)
      return
    }
    this.#recovered()
    this.#engine.outbox.wake()
  }

  #recovered(): void {
    if (this.#failing === undefined) return
    this.#failing = undefined
    this.#engine.writeRefusal = undefined
    this.#engine.log('notice', `Writing to ${this.path} succeeds again`)
  }

  /** Replaces the file by the rewritten one, including all writes in the meantime. */
  async #replaceFile(): Promise<void> {
    // All writes so far go into the new file. Later ones wait, and go into the file that is in use
    // then.
    this.#file.add(this.#log.take())
    this.#log.forgetDatabase()
    const file = await this.#rewriting.finish()
    if (file === undefined) {
      await this.#writeAndSync()
      return
    }
    const old = this.#file
    this.#file = file
    this.#complete = this.#enabled
    this.#recovered()
    // Nothing reads the old file any more.
    await old.close().catch(() => {})
  }

  #switchOnOrOff(on: boolean): undefined {
    if (on === this.#enabled) return
    this.#enabled = on
    if (on) {
      this.rewrite()
      return
    }
    this.#complete = false
    this.#recovered()
  }
}
