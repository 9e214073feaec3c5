import { ConnectionError, UnsupportedError } from '../../errors.ts'
import { Reports } from '../../link/reports.ts'
import type { Subscriber } from '../../link/subscriber.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { Commands } from '../commands.ts'
import type { QueueKeys } from '../keys.ts'
import { promote } from './scripts.ts'

export interface DelayedTasksOptions {
  readonly keys: QueueKeys
  readonly commands: Commands
  readonly clock: Clock
  readonly onError: (error: Error) => void
}

/** If it cannot subscribe: how often it retries, and polls instead. */
const RETRY_MS = 1_000
const AT_ONCE = 500

/**
 * Moves delayed tasks to the queue when they are due, with one timer for the next of them. Writers
 * announce the delay on a channel, so readers do not have to poll.
 */
export class DelayedTasks {
  readonly #options: DelayedTasksOptions
  #timer: ClockTimer | undefined
  #listenAgain: ClockTimer | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #promoting = false
  #again = false
  #stopped = false
  readonly #reports: Reports
  #subscriber: Subscriber | undefined

  constructor(options: DelayedTasksOptions) {
    this.#options = options
    this.#reports = new Reports(options.onError)
  }

  /** Subscribes to delays by other processes. @param subscriber closed with this object */
  async listen(subscriber: Subscriber): Promise<void> {
    const { keys } = this.#options
    if (this.#stopped) return
    this.#subscriber = subscriber
    try {
      await subscriber.listen(keys.dueChannel, {
        onMessage: (text) => this.expect(Number(text)),
        onResumed: () => this.promote(),
      })
      if (!this.#stopped) this.promote()
    } catch (error) {
      if (this.#stopped) return
      // Others report that Redis cannot be reached.
      if (!(error instanceof ConnectionError)) this.#reports.tell(error as Error)
      this.promote()
      this.#listenAgain = this.#options.clock.setTimer(() => void this.listen(subscriber), RETRY_MS)
    }
  }

  /** Schedules the move of a task that is due in this many ms. */
  expect(delayMs: number): void {
    if (!(delayMs >= 0)) return // any client may publish anything
    const { clock } = this.#options
    const dueAt = clock.now() + delayMs
    if (this.#stopped || dueAt >= this.#dueAt) return
    clock.clearTimer(this.#timer)
    this.#dueAt = dueAt
    this.#timer = clock.setTimer(() => this.promote(), Math.ceil(delayMs))
  }

  /** Moves the tasks that are due, and waits for the next. */
  promote(): void {
    this.#options.clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#dueAt = Number.POSITIVE_INFINITY
    if (this.#promoting) this.#again = true
    else void this.#promote()
  }

  stop(): void {
    this.#stopped = true
    this.#options.clock.clearTimer(this.#timer)
    this.#options.clock.clearTimer(this.#listenAgain)
    this.#subscriber?.close()
  }

  async #promote(): Promise<void> {
    const { keys, commands } = this.#options
    const work = {
      what: `move the tasks of ${keys.queue} that are due`,
      keys: { [keys.delayed]: 'zset', [keys.queue]: 'list' },
      repeatable: true,
      persistent: true,
    } as const
    this.#promoting = true
    do {
      this.#again = false
      try {
        const delayMs = await commands.run(work, (redis) => promote.run(redis, [keys.delayed, keys.queue], [AT_ONCE]))
        this.#reports.clear()
        if (delayMs === 0) this.#again = true
        else if (delayMs > 0) this.expect(delayMs)
      } catch (error) {
        // Without scripts there are no delayed tasks.
        if (this.#stopped || error instanceof UnsupportedError) break
        this.#reports.tell(error as Error)
        this.expect(RETRY_MS)
      }
    } while (this.#again && !this.#stopped)
    this.#promoting = false
  }
}
