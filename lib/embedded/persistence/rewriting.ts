import type { Engine } from '../engine/engine.ts'
import type { Write } from '../engine/propagation.ts'
import { systemMessage } from '../text/system-message.ts'
import { AppendedFile } from './appended-file.ts'
import type { FileSystem } from './file-system.ts'
import { Rewrite } from './rewrite.ts'

/** After a failed rewrite, growth does not start another one for this long. */
const PAUSE_MS = 60_000

/**
 * Decides when the file is rewritten: on request or when it has grown, and only one rewrite at a
 * time.
 */
export class Rewriting {
  readonly #engine: Engine
  readonly #files: FileSystem
  readonly #path: string
  readonly #onFailure: (error: unknown) => void
  #wanted = false
  #rewrite: Rewrite | undefined
  #preparing: Promise<void> | undefined
  #prepared = false
  #finishing = false
  #cancelled = false
  #lastFailed = false
  #noGrowthBefore = -Infinity
  #baseSize: number

  /**
   * @param baseSize - the current size of the file
   * @param onFailure - called when a rewrite fails
   */
  constructor(engine: Engine, files: FileSystem, path: string, baseSize: number, onFailure: (error: unknown) => void) {
    this.#engine = engine
    this.#files = files
    this.#path = path
    this.#baseSize = baseSize
    this.#onFailure = onFailure
  }

  /** The size after the last rewrite, or at the start. */
  get baseSize(): number {
    return this.#baseSize
  }

  get lastFailed(): boolean {
    return this.#lastFailed
  }

  /** Whether a rewrite is requested or running. */
  get isUnderWay(): boolean {
    return this.#wanted || this.#rewrite !== undefined || this.#finishing
  }

  /** Whether the new file is ready for {@link finish}. */
  get isPrepared(): boolean {
    return this.#prepared
  }

  /** Requests a rewrite; false if one is running. */
  request(): boolean {
    if (this.isUnderWay) return false
    this.#wanted = true
    this.#engine.outbox.wake()
    return true
  }

  /** Adds a unit of writes to the new file. */
  take(writes: readonly Write[]): void {
    this.#rewrite?.meanwhile.addUnit(writes)
  }

  /** Requests a rewrite if the file has grown enough. */
  requestIfGrown(size: number): void {
    const { config, clock } = this.#engine
    if (this.isUnderWay || size < config.number('auto-aof-rewrite-min-size')) return
    const percentage = config.number('auto-aof-rewrite-percentage')
    const growth = ((size - this.#baseSize) / Math.max(1, this.#baseSize)) * 100
    if (percentage > 0 && growth >= percentage && clock.now() >= this.#noGrowthBefore) this.request()
  }

  /** Starts a requested rewrite; must not be called within a command. */
  beginIfWanted(size: number): void {
    if (!this.#wanted) return
    this.#wanted = false
    this.#engine.log('notice', `Rewriting ${this.#path} (${size} bytes) in the background`)
    const rewrite = new Rewrite(this.#engine.databases, this.#files, this.#path)
    this.#rewrite = rewrite
    this.#preparing = rewrite.prepare().then(
      () => {
        this.#prepared = true
        this.#engine.outbox.wake()
      },
      (error) => this.#failed(error),
    )
  }

  /**
   * Replaces the old file by the prepared one, with all writes added to it.
   * @returns the new file, or `undefined` if that failed
   */
  async finish(): Promise<AppendedFile | undefined> {
    const rewrite = this.#rewrite!
    this.#rewrite = undefined
    this.#prepared = false
    this.#finishing = true
    try {
      const { file, size } = await rewrite.finish()
      this.#baseSize = size
      this.#lastFailed = false
      this.#engine.log('notice', `Rewrote ${this.#path} (${size} bytes)`)
      return new AppendedFile(file, size)
    } catch (error) {
      this.#failed(error)
      return undefined
    } finally {
      this.#finishing = false
    }
  }

  /** Cancels a running rewrite and removes its file. */
  async cancel(): Promise<void> {
    this.#cancelled = true
    this.#wanted = false
    this.#rewrite?.cancel()
    await this.#preparing
    await this.#rewrite?.abandon()
    this.#rewrite = undefined
  }

  #failed(error: unknown): void {
    this.#rewrite = undefined
    if (this.#cancelled) return
    this.#lastFailed = true
    this.#noGrowthBefore = this.#engine.clock.now() + PAUSE_MS
    this.#engine.log('warning', `Rewriting ${this.#path} has failed: ${systemMessage(error)}`)
    this.#onFailure(error)
  }
}
