import { type AbortListener, offAbort, onAbort } from '../../util/abort.ts'
import { clearTimeout, elapsedMs, setImmediate, setTimeout } from '../../util/timers.ts'
import { EXIT_CODES } from '../frame/exit-codes.ts'
import { failureOf } from '../frame/failure.ts'
import type { Advance } from '../frame/progress.ts'
import { streamOf } from '../frame/stream-of.ts'
import { Tally } from './tally.ts'

export interface LoadOptions {
  /** Calls in flight at once. */
  readonly inFlight: number
  /** Calls in all; Infinity: no limit. */
  readonly requests: number
  /** Calls begin for this long, in ms; Infinity: no limit. */
  readonly durationMs: number
  /** Ends it early: calls in flight are not counted. */
  readonly signal: AbortSignal
}

/** Every further call would fail in the same way. */
const HOPELESS: ReadonlySet<string | undefined> = new Set(['ERR_METHOD_NOT_FOUND', 'ERR_MESSAGE_TOO_LARGE'])

/**
 * Keeps calls in flight: as soon as one ends the next one begins. When the time is up those in
 * flight may finish, since a method that is broken off may leave half its work; streams are ended
 * and not counted.
 */
export class Load implements AbortListener {
  readonly tally: Tally = new Tally()
  readonly #options: LoadOptions
  readonly #call: () => Promise<unknown>
  readonly #streams = new Set<AsyncIterator<unknown>>()
  #begun = 0
  #isOver = false
  #beganAt: number = elapsedMs()
  #elapsedMs: number | undefined

  /** @param call makes a call */
  constructor(options: LoadOptions, call: () => Promise<unknown>) {
    this.#options = options
    this.#call = call
  }

  /** From the first call to the end of the last one, or until now. */
  get elapsedMs(): number {
    return this.#elapsedMs ?? elapsedMs() - this.#beganAt
  }

  get advance(): Advance {
    const { requests, durationMs } = this.#options
    const { succeeded, failed } = this.tally
    const done = succeeded + failed
    const part = Math.max(this.elapsedMs / durationMs, done / requests)
    const failures = failed > 0 ? `, failed: ${failed}` : ''
    const rest = this.#isOver ? `, still in flight: ${this.#begun - done}` : ''
    return { part, text: `calls: ${done}${failures}${rest}` }
  }

  /**
   * Resolves once no call is in flight any more.
   * @throws what the first call failed with, if no later one could succeed
   */
  async run(): Promise<void> {
    const { inFlight, requests, durationMs, signal } = this.#options
    const timer = Number.isFinite(durationMs) ? setTimeout(() => this.#end(), durationMs) : undefined
    onAbort(signal, this)
    this.#beganAt = elapsedMs()
    try {
      await Promise.all(Array.from({ length: Math.min(inFlight, requests) }, () => this.#keepCalling()))
    } finally {
      this.#elapsedMs = elapsedMs() - this.#beganAt
      clearTimeout(timer)
      offAbort(signal, this)
      this.#end()
    }
  }

  aborted(): void {
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    for (const stream of this.#streams) endStream(stream)
    this.#streams.clear()
  }

  async #keepCalling(): Promise<void> {
    while (!this.#isOver && !this.#options.signal.aborted && this.#begun < this.#options.requests) {
      this.#begun++
      const began = elapsedMs()
      try {
        if (await this.#callToEnd()) this.tally.addSuccess(elapsedMs() - began)
      } catch (error) {
        if (this.#options.signal.aborted) return
        if (this.tally.succeeded + this.tally.failed === 0 && isHopeless(error)) throw error
        this.tally.addFailure(error)
        // Calls that fail without any I/O would keep timers and signals from being noticed.
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
    }
  }

  /** Makes a call; a stream is read to its end. Resolves with false if that was not reached. */
  async #callToEnd(): Promise<boolean> {
    const stream = streamOf(await this.#call())
    if (stream === undefined) return true
    if (this.#isOver) {
      endStream(stream)
      return false
    }
    this.#streams.add(stream)
    const failure = await readToEnd(stream).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    if (!this.#streams.delete(stream)) return false
    if (failure !== undefined) throw failure.error
    return true
  }
}

async function readToEnd(stream: AsyncIterator<unknown>): Promise<void> {
  while ((await stream.next()).done !== true);
}

function endStream(stream: AsyncIterator<unknown>): void {
  stream.return?.().catch(() => {})
}

function isHopeless(error: unknown): boolean {
  const { exitCode, code } = failureOf(error)
  return exitCode !== EXIT_CODES.failed || HOPELESS.has(code)
}
