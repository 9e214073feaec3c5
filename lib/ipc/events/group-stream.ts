import { ClosedError } from '../../errors.ts'
import { BlockingReader } from '../../link/blocking-reader.ts'
import { sameFor } from '../../link/redis-failure.ts'
import { checkSource, type RedisSource } from '../../link/source.ts'
import { callback, nonEmptyString } from '../../util/options.ts'
import { Commands } from '../commands.ts'
import { Contents } from '../content.ts'
import { DeadLetters } from '../dead-letters.ts'
import { Demand } from '../demand.ts'
import { handle } from '../handle.ts'
import { iterate } from '../iterate.ts'
import { groupDeadKey } from '../keys.ts'
import { checkWait, type WaitOptions } from '../options.ts'
import { checkProcessOptions, type ReliableProcessOptions } from '../process-options.ts'
import { withinTime } from '../within-time.ts'
import { Workers } from '../workers.ts'
import { GroupHand } from './group-hand.ts'
import { GroupIntake } from './group-intake.ts'
import { checkGroupOptions, type GroupReadStreamOptions, type GroupSettings } from './group-options.ts'
import { newReaderName } from './group-reader-name.ts'
import { leave, replayEvent } from './group-scripts.ts'
import type { GroupEvent, HeldEvent } from './held-event.ts'

/** How long `close` waits for Redis. */
const LEAVE_MS = 2_000

/**
 * A reader of a group, whose readers share the events of a stream: each event goes to one of them and stays pending until it
 * is acknowledged. It connects with the first use.
 *
 * A `for await` gives one event after the other until the reader is closed. It goes on while Redis cannot be reached, which
 * `onError` hears of; what is no event is told there too, and goes to the dead letters.
 */
export class GroupReadStream<T = unknown> implements AsyncIterable<GroupEvent<T>>, AsyncDisposable {
  /** The stream's name, which is its key. */
  readonly name: string
  /** The group's name. */
  readonly group: string
  /** What failed too often or was no event at all. */
  readonly deadLetters: DeadLetters
  readonly #settings: GroupSettings
  readonly #consumer = newReaderName()
  readonly #commands: Commands
  readonly #demand: Demand<HeldEvent<T>>
  readonly #hand: GroupHand<T>
  readonly #intake: GroupIntake<T>
  readonly #workers: Workers<HeldEvent<T>>
  #isUsed = false
  #closing: Promise<void> | undefined

  /**
   * @param redis where Redis is; a client is borrowed: it is duplicated and never closed
   * @param name the stream's name
   * @param group the group's name; it is made with the first use
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, group: string, options: GroupReadStreamOptions = {}) {
    this.name = nonEmptyString('name', name)
    this.group = nonEmptyString('group', group)
    this.#settings = checkGroupOptions(options)
    const settings = this.#settings
    const address = checkSource(redis, name, 'group-reader')
    const commands = new Commands(address, settings)
    this.#commands = commands
    this.#demand = new Demand(
      settings.clock,
      () => this.#update(),
      () => commands.blindness(name),
    )
    this.#workers = new Workers(this.#demand)
    commands.connection.observe({
      unavailable: (error) => {
        settings.onError(error)
        this.#demand.fail(() => sameFor(error))
      },
    })
    const dead = groupDeadKey(name, group)
    const shared = { stream: name, dead, group, consumer: this.#consumer, commands, settings }
    this.#hand = new GroupHand({
      ...shared,
      contents: new Contents<T>(settings, `the stream ${name}`),
      schedule: () => this.#intake.update(),
      onSentBack: (afterMs) => this.#intake.claimIn(afterMs),
    })
    // That Redis cannot be reached is told once, by the connection of the commands.
    const blocking = new BlockingReader(address, { ...settings, onError: () => {} })
    this.#intake = new GroupIntake({ ...shared, hand: this.#hand, demand: this.#demand, blocking })
    this.deadLetters = new DeadLetters(dead, commands, {
      script: replayEvent,
      keys: [name],
      types: { [name]: 'stream' },
      args: [group, this.#consumer, settings.claimIdleMs],
      onReplayed: () => this.#intake.claimIn(0),
    })
  }

  /**
   * Makes the group, unless it is there: what is published after this has resolved will be read.
   * @throws WrongTypeError, ConnectionError, ClosedError
   * @see https://redis.io/docs/latest/commands/xgroup-create/
   */
  async open(): Promise<void> {
    this.#checkOpen()
    await this.#intake.open()
  }

  /** An event, at once; undefined when there is none for this reader. @throws as {@link GroupReadStream.bNext} */
  async next(): Promise<GroupEvent<T> | undefined> {
    this.#checkOpen()
    return this.#intake.takeOne()
  }

  /**
   * An event, as soon as there is one for this reader; undefined when none came in time.
   * @throws ConnectionError Redis cannot be reached, or could not when the time was over
   * @throws WrongTypeError, UnsupportedError, ClosedError, the signal's reason
   * @see https://redis.io/docs/latest/commands/xreadgroup/
   */
  async bNext(options: WaitOptions = {}): Promise<GroupEvent<T> | undefined> {
    const limits = checkWait(options)
    limits.signal?.throwIfAborted()
    return limits.timeoutMs === 0 ? this.next() : this.#demand.wait(limits)
  }

  /**
   * Runs a handler on each event, several at once. An event whose handler returns is acknowledged, one whose handler throws is
   * sent back after `retryDelayMs` or `claimIdleMs`, whichever is shorter, unless the handler has done either itself.
   * Resolves once `signal` fired or the reader was closed, and the handlers that ran have ended.
   * @throws WrongTypeError, UnsupportedError, InvalidOptionError, ClosedError
   */
  async process(handler: (event: GroupEvent<T>) => unknown, options: ReliableProcessOptions = {}): Promise<void> {
    const { concurrency, signal, retryDelayMs } = checkProcessOptions(options, ['retryDelayMs'])
    callback('handler', handler, handler)
    const { onError, claimIdleMs } = this.#settings
    this.#checkOpen()
    const delayMs = (attempt: number) => Math.min(retryDelayMs(attempt), claimIdleMs)
    await this.#workers.run({
      concurrency,
      signal,
      handle: (event) => handle<GroupEvent<T>, HeldEvent<T>>(event, handler, delayMs, onError),
      onFree: () => this.#update(),
    })
    await this.#hand.settled()
  }

  [Symbol.asyncIterator](): AsyncGenerator<GroupEvent<T>, void> {
    return iterate(
      (limits) => this.#demand.wait(limits),
      () => this.#closing !== undefined,
    )
  }

  /**
   * Takes no more, waits up to `drainTimeoutMs` for handlers that run, leaves what is not acknowledged to the others, and
   * disconnects. Waits are rejected with `ClosedError`. A second call returns the first's promise.
   */
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
    await withinTime(clock, LEAVE_MS, this.#leave())
    this.#hand.close()
    this.#commands.close()
  }

  /** What is still in the hand goes back. */
  async #leave(): Promise<void> {
    await this.#intake.close()
    if (!this.#isUsed) return
    await this.#hand.settled()
    const work = { what: `leave ${this.name}`, keys: { [this.name]: 'stream' }, repeatable: true } as const
    const args = [this.group, this.#consumer, this.#settings.claimIdleMs]
    await this.#commands.run(work, (redis) => leave.run(redis, [this.name], args))
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError(`the reader of ${this.name} is closed`)
    this.#isUsed = true
  }

  #update(): void {
    if (this.#closing !== undefined) return
    this.#isUsed = true
    this.#intake.update()
  }
}
