import { DeliveryUnknownError } from '../../errors.ts'
import { BLOCK_MS } from '../../link/blocking-reader.ts'
import type { Subscriber } from '../../link/subscriber.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { CommandSpec } from '../commands.ts'
import type { QueueKeys } from '../keys.ts'
import { Fetcher, type FetcherOptions } from '../reader/fetcher.ts'
import type { DelayedTasks } from './delayed.ts'
import { Lease } from './lease.ts'
import type { ReliableSettings } from './options.ts'
import type { PendingTasks } from './pending-tasks.ts'
import { leave, MOST_TAKEN, take } from './scripts.ts'
import type { TaskDelivery } from './task-delivery.ts'

export interface TaskFetcherOptions<T> extends FetcherOptions<string, TaskDelivery<T>> {
  readonly reader: string
  readonly keys: QueueKeys
  readonly pending: PendingTasks<T>
  readonly delayed: DelayedTasks
  readonly subscriber: Subscriber
  readonly settings: ReliableSettings
}

/** A take whose reply was lost: under these numbers it may have put tasks into the hash. */
interface LostTake {
  readonly first: number
  readonly count: number
  /** By then the old connection is certainly dead, and so is any command in flight on it. */
  readonly until: number
}

const TAKES_AT_ONCE = 2
/** Below this, two takes cost more than the time they save. */
const SMALLEST_HALF = 16

/**
 * Fetches tasks from a queue, as many as are wanted, in one step. It blocks only if there are none.
 * A task that ends the blocking wait goes to a shared list, from which the next take gets it. A
 * wait can therefore be cancelled at any time, even by the end of the process, and no task is
 * assigned to a reader that does not know of it.
 */
export class TaskFetcher<T> extends Fetcher<string, TaskDelivery<T>> {
  readonly #options: TaskFetcherOptions<T>
  readonly #lease: Lease
  /** How many tasks the takes in flight may return. */
  #taking = 0
  #coming = 0
  /** Whether the last take returned fewer tasks than requested. */
  #foundEnd = false
  /** Whether it waits for a task to arrive or for a failure to be resolved. */
  #resting = false
  #idle: Deferred<void> | undefined
  #nextNumber = 1
  #lostTakes: LostTake[] = []

  constructor(options: TaskFetcherOptions<T>) {
    super(options)
    this.#options = options
    this.#lease = new Lease({
      ...options,
      nextNumber: () => this.#nextNumber,
      onLapsed: (below) => this.inFlight.loseBelow(below),
      onBeat: () => {
        this.inFlight.offerAgain()
        void this.#findLost().catch(options.settings.onError)
      },
    })
  }

  override start(): void {
    super.start()
    this.#lease.start()
    void this.#options.delayed.listen(this.#options.subscriber)
  }

  async takeOne(): Promise<TaskDelivery<T> | undefined> {
    for (;;) {
      const { first, texts } = await this.#take(1)
      if (texts === undefined) continue
      const [text] = texts
      if (text === undefined) return undefined
      const task = this.inFlight.add(first, text, 1)
      if (task !== undefined) return task
    }
  }

  override close(): Promise<void> {
    this.#options.delayed.stop()
    return super.close()
  }

  /** A take also sends acknowledgements. */
  protected endTurn(): void {
    this.#pump()
    this.inFlight.acks.flush()
  }

  protected async stopped(): Promise<void> {
    await this.#lease.stop()
    if (this.#taking === 0 && !this.#resting) return
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  protected leave(): Promise<unknown> {
    const { reader, pending } = this.#options
    const { queue, arrived, readers } = this.#options.keys
    const names = [pending.hash, queue, arrived, readers]
    return this.commands.run(this.#work('give tasks back to', true), (redis) => leave.run(redis, names, [reader]))
  }

  /**
   * Requests tasks in two halves of what can be handled at a time: while one half is being handled,
   * the other is in flight.
   */
  #pump(): void {
    while (!this.isClosed && !this.#resting && !this.#foundEnd && this.#taking < TAKES_AT_ONCE) {
      const count = Math.min(this.consumers.wanted - this.#coming, this.#half, MOST_TAKEN)
      if (count < 1) return
      void this.#fetch(count)
    }
    if (this.#foundEnd && this.#taking === 0 && !this.#resting && !this.isClosed) void this.#rest()
  }

  async #fetch(count: number): Promise<void> {
    this.#taking++
    this.#coming += count
    let failure: unknown
    try {
      const { first, texts } = await this.#take(count)
      this.failures.clear()
      this.#coming -= count
      if (texts !== undefined && texts.length < count) this.#foundEnd = true
      if (texts !== undefined) for (let i = 0; i < texts.length; i++) this.deliver(first + i, texts[i] as string, 1)
    } catch (error) {
      this.#coming -= count
      failure = error
    }
    this.#taking--
    if (failure !== undefined && !this.#resting) await this.#rest(failure)
    this.#next()
  }

  /** Waits for a task to arrive, or for a failure to be resolved. */
  async #rest(failure?: unknown): Promise<void> {
    this.#resting = true
    try {
      if (failure !== undefined) throw failure
      if (this.consumers.wanted > 0) await this.#await()
    } catch (error) {
      if (!this.isClosed) await this.failures.handle(error)
    }
    this.#resting = false
    this.#foundEnd = false
    this.#next()
  }

  #next(): void {
    if (this.isClosed) {
      if (this.#taking === 0 && !this.#resting) this.#idle?.resolve()
    } else if (this.#foundEnd || this.consumers.wanted - this.#coming >= this.#half) {
      // Immediately, not at the end of the turn: Redis works on this half while the other one is
      // handled here.
      this.#pump()
    } else {
      this.update()
    }
  }

  get #half(): number {
    return Math.max(SMALLEST_HALF, Math.ceil(this.consumers.capacity / TAKES_AT_ONCE))
  }

  /**
   * @returns the texts taken, numbered from `first`; undefined: the reply was lost, and its tasks
   * have been searched for
   */
  async #take(count: number): Promise<{ readonly first: number; readonly texts: readonly string[] | undefined }> {
    const { reader, keys, pending, settings } = this.#options
    const { acks } = this.inFlight
    const first = this.#nextNumber
    this.#nextNumber += count
    const names = [keys.queue, keys.arrived, pending.hash, keys.readers]
    const done = acks.collect()
    try {
      const args = [reader, settings.leaseMs, count, first, ...done.map(({ tag }) => tag)]
      const [registered, removed, ...texts] = await this.commands.run(this.#work('take tasks from', false), (redis) =>
        take.run(redis, names, args),
      )
      acks.settle(done, removed)
      if (registered === 1) this.inFlight.loseBelow(first)
      return { first, texts }
    } catch (error) {
      const wasSent = error instanceof DeliveryUnknownError
      void acks.send(done, wasSent)
      if (!wasSent) throw error
      this.#lostTakes.push({ first, count, until: this.clock.now() + settings.leaseMs })
      await this.#findLost()
      return { first, texts: undefined }
    }
  }

  /** Looks for tasks of takes whose replies were lost. */
  async #findLost(): Promise<void> {
    const { pending } = this.#options
    for (const lost of this.#lostTakes) {
      const numbers = Array.from({ length: lost.count }, (_, i) => lost.first + i)
      const isLastLook = this.clock.now() >= lost.until
      const texts = await this.commands.run(this.#work('look for tasks of', true), (redis) =>
        redis.hmget(pending.hash, ...numbers.map(String)),
      )
      for (const [i, text] of texts.entries()) {
        const number = lost.first + i
        if (text !== null && !this.inFlight.has(number)) this.deliver(number, text, 1)
      }
      if (isLastLook) this.#lostTakes = this.#lostTakes.filter((each) => each !== lost)
    }
  }

  /** Waits until there is a task. */
  async #await(): Promise<void> {
    const { queue, arrived } = this.#options.keys
    let found: unknown
    try {
      found = await this.blocking.read((redis) => redis.blmove(queue, arrived, 'RIGHT', 'LEFT', BLOCK_MS / 1_000))
    } catch (error) {
      throw await this.commands.toError(error, this.#work('wait for tasks of', true))
    }
    if (found === null || this.consumers.wanted > 0) return
    // No caller here wants it any more. Move it back to where others, including plain readers, can
    // take it.
    await this.commands.run(this.#work('give a task back to', true), async (redis) => {
      while ((await redis.lmove(arrived, queue, 'LEFT', 'RIGHT')) !== null);
    })
  }

  #work(what: string, repeatable: boolean): CommandSpec {
    const { keys, pending } = this.#options
    const { queue, arrived, readers } = keys
    const types = { [queue]: 'list', [arrived]: 'list', [pending.hash]: 'hash', [readers]: 'zset' } as const
    return { what: `${what} ${queue}`, keys: types, repeatable }
  }
}
