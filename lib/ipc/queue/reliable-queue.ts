import { randomUUID } from 'node:crypto'
import { ClosedError } from '../../errors.ts'
import { BlockingReader } from '../../link/blocking-reader.ts'
import type { RedisAddress } from '../../link/source.ts'
import { Subscriber } from '../../link/subscriber.ts'
import { callback } from '../../util/options.ts'
import { Commands } from '../commands.ts'
import { Contents } from '../content.ts'
import { DeadLetters } from '../dead-letters.ts'
import { Demand } from '../demand.ts'
import { handle } from '../handle.ts'
import { iterate } from '../iterate.ts'
import { handKey, type QueueKeys, queueKeys } from '../keys.ts'
import { checkWait, type WaitOptions } from '../options.ts'
import { checkProcessOptions, type ReliableProcessOptions } from '../process-options.ts'
import { withinTime } from '../within-time.ts'
import { Workers } from '../workers.ts'
import { DelayedTasks } from './delayed.ts'
import { Hand } from './hand.ts'
import type { HeldTask } from './held-task.ts'
import { Intake } from './intake.ts'
import { Lease } from './lease.ts'
import { countTasks } from './len.ts'
import type { ReliableSettings } from './options.ts'
import type { ReliableReadQueue } from './reader.ts'
import { leave, replayTask } from './scripts.ts'
import type { ReliableTask } from './task.ts'

/** How long `close` waits for Redis. */
const LEAVE_MS = 2_000

/** Reads a queue whose tasks stay in Redis until they are acknowledged. */
export class ReliableQueue<T> implements ReliableReadQueue<T> {
  readonly name: string
  readonly deadLetters: DeadLetters
  readonly #keys: QueueKeys
  readonly #reader = randomUUID()
  readonly #settings: ReliableSettings
  readonly #commands: Commands
  readonly #subscriber: Subscriber
  readonly #demand: Demand<HeldTask<T>>
  readonly #hand: Hand<T>
  readonly #intake: Intake<T>
  readonly #lease: Lease
  readonly #delayed: DelayedTasks
  readonly #workers: Workers<HeldTask<T>>
  #started = false
  #closing: Promise<void> | undefined

  constructor(address: RedisAddress, name: string, settings: ReliableSettings) {
    const { clock, onError } = settings
    const keys = queueKeys(name)
    this.name = name
    this.#keys = keys
    this.#settings = settings
    const commands = new Commands(address, settings)
    commands.connection.observe({ unavailable: onError })
    this.#commands = commands
    // That Redis cannot be reached is told once, by the connection above.
    this.#subscriber = new Subscriber(address, { ...settings, onError: () => {} })
    const blocking = new BlockingReader(address, { ...settings, onError: () => {} })
    this.#delayed = new DelayedTasks({ keys, commands, clock, onError })
    this.#hand = new Hand({
      keys,
      hash: handKey(name, this.#reader),
      commands,
      contents: new Contents<T>(settings, `the queue ${name}`),
      settings,
      schedule: () => this.#intake.update(),
      onDelayed: (delayMs) => this.#delayed.expect(delayMs),
    })
    this.#demand = new Demand(
      clock,
      () => this.#update(),
      () => commands.blindness(name),
    )
    this.#workers = new Workers(this.#demand)
    const shared = { reader: this.#reader, keys, commands, settings }
    this.#intake = new Intake({ ...shared, hand: this.#hand, demand: this.#demand, blocking })
    this.#lease = new Lease({
      ...shared,
      nextNumber: () => this.#intake.nextNumber,
      onLapsed: (below) => this.#hand.loseBelow(below),
      onBeat: () => {
        this.#hand.offerAgain()
        void this.#intake.findDoubtful().catch(onError)
      },
    })
    this.deadLetters = new DeadLetters(keys.dead, commands, {
      script: replayTask,
      keys: [keys.queue],
      types: { [keys.queue]: 'list' },
      args: [],
    })
  }

  len(): Promise<number> {
    return countTasks(this.#commands, this.#keys)
  }

  async next(): Promise<ReliableTask<T> | undefined> {
    this.#start()
    return this.#intake.takeOne()
  }

  async bNext(options: WaitOptions = {}): Promise<ReliableTask<T> | undefined> {
    const limits = checkWait(options)
    limits.signal?.throwIfAborted()
    return limits.timeoutMs === 0 ? this.next() : this.#demand.wait(limits)
  }

  async process(handler: (task: ReliableTask<T>) => unknown, options: ReliableProcessOptions = {}): Promise<void> {
    const settings = checkProcessOptions(options, ['retryDelayMs'])
    callback('handler', handler, handler)
    const { onError } = this.#settings
    this.#start()
    await this.#workers.run({
      ...settings,
      handle: (task) => handle<ReliableTask<T>, HeldTask<T>>(task, handler, settings.retryDelayMs, onError),
      onFree: () => this.#update(),
    })
    await this.#hand.settled()
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReliableTask<T>, void> {
    return iterate(
      (limits) => this.#demand.wait(limits),
      () => this.#closing !== undefined,
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { clock, drainTimeoutMs } = this.#settings
    this.#demand.close(`the reader of ${this.name} was closed`)
    this.#workers.stop()
    await this.#workers.finish(clock, drainTimeoutMs)
    this.#delayed.stop()
    this.#subscriber.close()
    await withinTime(clock, LEAVE_MS, this.#leave())
    this.#hand.close()
    this.#commands.close()
  }

  /** What is still in the hand goes back. */
  async #leave(): Promise<void> {
    await Promise.all([this.#intake.close(), this.#lease.stop()])
    if (!this.#started) return
    await this.#hand.settled()
    const { queue, arrived, readers } = this.#keys
    const work = {
      what: `give tasks back to ${queue}`,
      keys: { [queue]: 'list', [arrived]: 'list', [readers]: 'zset' },
      repeatable: true,
    } as const
    const names = [this.#hand.hash, queue, arrived, readers]
    await this.#commands.run(work, (redis) => leave.run(redis, names, [this.#reader]))
  }

  #start(): void {
    if (this.#closing !== undefined) throw new ClosedError(`the reader of ${this.name} is closed`)
    if (this.#started) return
    this.#started = true
    this.#lease.start()
    void this.#delayed.listen(this.#subscriber)
  }

  #update(): void {
    if (this.#closing !== undefined) return
    if (this.#demand.wanted > 0) this.#start()
    this.#intake.update()
  }
}
