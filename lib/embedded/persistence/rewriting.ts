import type { Engine } from '../engine/engine.ts'
import type { Write } from '../engine/propagation.ts'
import { systemMessage } from '../text/system-message.ts'
import { AppendedFile } from './appended-file.ts'
import type { FileSystem } from './file-system.ts'
import { Rewrite } from './rewrite.ts'

/** After a rewrite has failed, growth does not begin another one for so long. */
const PAUSE_MS = 60_000

/** When a file is rewritten: once it is asked for or the file has grown, and one at a time. */
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
   * @param baseSize - of the file as it is
   * @param onFailure - called when a rewrite has failed
   */
  constructor(engine: Engine, files: FileSystem, path: string, baseSize: number, onFailure: (error: unknown) => void) {
    this.#engine = engine
    this.#files = files
    this.#path = path
    this.#baseSize = baseSize
    this.#onFailure = onFailure
  }

  /** Size after the last rewrite, or at the start. */
  get baseSize(): number {
    return this.#baseSize
  }

  get lastFailed(): boolean {
    return this.#lastFailed
  }

  /** Whether one is asked for or under way. */
  get isUnderWay(): boolean {
    return this.#wanted || this.#rewrite !== undefined || this.#finishing
  }

  /** Whether the new file only waits for {@link finish}. */
  get isPrepared(): boolean {
    return this.#prepared
  }

  /** Asks for one; false if one is under way. */
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

  /** Asks for a rewrite if a file of this size has grown enough. */
  requestIfGrown(size: number): void {
    const { config, clock } = this.#engine
    if (this.isUnderWay || size < config.number('auto-aof-rewrite-min-size')) return
    const percentage = config.number('auto-aof-rewrite-percentage')
    const growth = ((size - this.#baseSize) / Math.max(1, this.#baseSize)) * 100
    if (percentage > 0 && growth >= percentage && clock.now() >= this.#noGrowthBefore) this.request()
  }

  /** Begins what was asked for; must not be called within a command. */
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
   * Puts the prepared file, with all writes that it was given, in the place of the old one.
   * @returns the new file, or `undefined` if that has failed
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

  /** Cancels what is under way, and leaves nothing of it behind. */
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
