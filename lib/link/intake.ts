import type { Clock } from '../util/clock.ts'
import { type Deferred, deferred } from '../util/deferred.ts'
import { setImmediate } from '../util/timers.ts'

/**
 * How long messages are handled without a break, in ms; then replies are sent, and other work of
 * the process gets its turn.
 */
const SLICE_MS = 10
/**
 * How much work of synchronous methods is taken from the list at once, in ms; the rest stays there
 * for other servers.
 */
const WORK_MS = 100
/** If a message takes at most this many ms, the next ones are fetched while these are handled. */
const QUICK_MS = 0.1
/** The weight of the last slice in the estimate of the cost of a message. */
const LATEST = 0.5

export interface IntakeOptions<M> {
  /** How many calls may run at once. */
  readonly concurrency: number
  /** How many are running. */
  readonly running: () => number
  /** Begins a call; `now` is the clock's time. It must not throw. */
  readonly handle: (message: M, now: number) => void
  /** There may be room again. */
  readonly onRoom: () => void
  readonly clock: Clock
}

/**
 * Messages that a server has popped and not begun yet. It begins them in order, as many as may run
 * at once, and yields after a slice of time. Slow synchronous methods then delay neither the
 * replies of earlier calls nor calls that another server could take.
 */
export class Intake<M = string> {
  readonly #options: IntakeOptions<M>
  #messages: M[] = []
  #next = 0
  #slice: NodeJS.Immediate | undefined
  /** The estimated time per message on this thread. */
  #typicalMs = 0
  #isQuick = false
  #empty: Deferred<void> | undefined

  constructor(options: IntakeOptions<M>) {
    this.#options = options
  }

  /** How many wait. */
  get waiting(): number {
    return this.#messages.length - this.#next
  }

  /** The waiting messages, the next one first. */
  get messages(): readonly M[] {
    return this.#messages.slice(this.#next)
  }

  /** Drops waiting messages that should not be kept. */
  keep(isKept: (message: M) => boolean): void {
    this.#messages = this.messages.filter(isKept)
    this.#next = 0
    if (this.#messages.length === 0) this.#settle()
  }

  /** How many messages the next pop may return, when `popped` have just been popped. */
  room(popped: number): number {
    const { concurrency, running } = this.#options
    // Quick synchronous calls end before the next pop returns, so they take up no room.
    const free = concurrency - running() - this.waiting - (this.#isQuick ? 0 : popped)
    if (this.#typicalMs * concurrency <= WORK_MS) return free
    return Math.min(free, Math.max(1, Math.floor(WORK_MS / this.#typicalMs)) - this.waiting - popped)
  }

  /** Takes what was popped. */
  take(messages: M[]): void {
    this.#messages = this.waiting === 0 ? messages : [...this.#messages.slice(this.#next), ...messages]
    this.#next = 0
    if (this.#slice === undefined) this.#run()
  }

  /** A call has ended. */
  resume(): void {
    if (this.waiting > 0) this.#slice ??= setImmediate(this.#goOn)
    else this.#options.onRoom()
  }

  /** Resolves once all were begun. */
  emptied(): Promise<void> {
    if (this.waiting === 0) return Promise.resolve()
    this.#empty ??= deferred()
    return this.#empty.promise
  }

  readonly #goOn = (): void => {
    this.#slice = undefined
    this.#run()
    this.#options.onRoom()
  }

  #run(): void {
    const { concurrency, running, handle, clock } = this.#options
    const before = running()
    const start = clock.now()
    const first = this.#next
    for (let now = start; this.waiting > 0 && running() < concurrency && now - start < SLICE_MS; now = clock.now()) {
      handle(this.#messages[this.#next++]!, now)
    }
    if (this.#next > first) this.#observe(this.#next - first, clock.now() - start, running() > before)
    if (this.waiting > 0) {
      if (running() < concurrency) this.#slice = setImmediate(this.#goOn)
      return
    }
    this.#messages = []
    this.#next = 0
    this.#settle()
  }

  #settle(): void {
    this.#empty?.resolve()
    this.#empty = undefined
  }

  #observe(messages: number, ms: number, beganAsync: boolean): void {
    this.#typicalMs += LATEST * (ms / messages - this.#typicalMs)
    this.#isQuick = !beganAsync && this.#typicalMs < QUICK_MS
  }
}
