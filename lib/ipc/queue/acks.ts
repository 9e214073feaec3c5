import { ClosedError, LeaseLostError } from '../../errors.ts'
import { Reports } from '../../link/reports.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Commands } from '../commands.ts'
import type { HeldTask } from './held-task.ts'

export interface AcksOptions<T> {
  /** The queue's name. */
  readonly key: string
  /** Key of the hash that has what is in hand. */
  readonly hash: string
  readonly commands: Commands
  /** Called when there are acknowledgements to send, at the end of the turn. */
  readonly schedule: () => void
  /** Called when one was settled, in whatever way. */
  readonly onSettled: (task: HeldTask<T>) => void
  /** What nobody waits for has failed. */
  readonly onError: (error: Error) => void
}

/** Acknowledgements that leave together. */
export type AckBatch<T> = readonly HeldTask<T>[]

/** Lua hands a command some 8000 arguments at most. */
const MOST_TOGETHER = 1_000

/**
 * Acknowledgements on their way. Those of one turn leave together: with the next take, or else in an HDEL of their own. They
 * are sent again until Redis has confirmed them, or the reader is closed, since doing so twice does no harm.
 */
export class Acks<T> {
  readonly #options: AcksOptions<T>
  #waiting: HeldTask<T>[] = []
  /** Those that somebody waits for. */
  readonly #watched = new Map<HeldTask<T>, Deferred<void>>()
  /** Those that nobody waits for and Redis has refused: without them what is done would stay in the hand, and be done again. */
  readonly #refused = new Set<HeldTask<T>>()
  readonly #reports: Reports
  #sent = 0
  #closed = false

  constructor(options: AcksOptions<T>) {
    this.#options = options
    this.#reports = new Reports(options.onError)
  }

  /** Whether nothing is on its way. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#sent === 0
  }

  /** Resolves once Redis has forgotten the task. @throws LeaseLostError, ClosedError */
  add(task: HeldTask<T>): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError())
    const done = deferred()
    this.#watched.set(task, done)
    this.addUnwatched(task)
    return done.promise
  }

  /** As {@link Acks.add}; nobody waits for it. */
  addUnwatched(task: HeldTask<T>): void {
    if (this.#closed) return
    this.#waiting.push(task)
    this.#options.schedule()
  }

  /** Whether Redis has refused it, and it will be sent again. */
  owes(task: HeldTask<T>): boolean {
    return this.#refused.has(task)
  }

  /** What waits now, for a command that takes it along; {@link Acks.settle} or {@link Acks.send} must follow. */
  collect(): AckBatch<T> {
    const batch = this.#waiting.splice(0, MOST_TOGETHER)
    this.#sent += batch.length
    return batch
  }

  /** Has what Redis has refused sent again. */
  offerAgain(): void {
    if (this.#refused.size === 0) return
    this.#waiting.push(...this.#refused)
    this.#refused.clear()
    this.#options.schedule()
  }

  /** Sends what still waits. */
  flush(): void {
    while (this.#waiting.length > 0) void this.send(this.collect(), false)
  }

  /** @param perhapsDone whether Redis may have been told before */
  async send(batch: AckBatch<T>, perhapsDone: boolean): Promise<void> {
    if (batch.length === 0) return
    const { key, hash, commands } = this.#options
    const work = {
      what: `acknowledge tasks of ${key}`,
      keys: { [hash]: 'hash' },
      repeatable: true,
      persistent: true,
    } as const
    const numbers = batch.map((task) => String(task.number))
    try {
      const removed = await commands.run(work, async (redis, repeated) => {
        const count = await redis.hdel(hash, ...numbers)
        return repeated || perhapsDone ? numbers.length : count
      })
      this.settle(batch, removed)
    } catch (error) {
      this.#sent -= batch.length
      for (const task of batch) this.#reject(task, error as Error)
    }
  }

  /** Redis has removed so many of them. A hand is lost as a whole, never in part: either all were in it, or none. */
  settle(batch: AckBatch<T>, removed: number): void {
    this.#sent -= batch.length
    this.#reports.clear()
    for (const task of batch) {
      if (removed > 0) this.#resolve(task)
      else this.#reject(task, new LeaseLostError(this.#options.key, task.uuid, 'it had gone back to the queue before'))
    }
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#refused.clear()
    for (const done of this.#watched.values()) done.reject(this.#closedError())
    this.#watched.clear()
  }

  #resolve(task: HeldTask<T>): void {
    if (this.#watched.size > 0) {
      this.#watched.get(task)?.resolve()
      this.#watched.delete(task)
    }
    this.#options.onSettled(task)
  }

  #reject(task: HeldTask<T>, error: Error): void {
    const isLost = error instanceof LeaseLostError
    if (isLost) task.lose('it had gone back to the queue before')
    const done = this.#watched.get(task)
    this.#watched.delete(task)
    if (done !== undefined) done.reject(error)
    else if (!this.#closed) {
      this.#reports.tell(error)
      if (!isLost) this.#refused.add(task)
    }
    this.#options.onSettled(task)
  }

  #closedError(): ClosedError {
    return new ClosedError(`the reader of ${this.#options.key} is closed`)
  }
}
