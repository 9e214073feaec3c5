import {
  ClosedError,
  type ConnectionError,
  type DeliveryError,
  InvalidDataError,
  WrongTypeError,
} from '../../errors.ts'
import { Link } from '../../link/link.ts'
import type { Outgoing } from '../../link/outbox.ts'
import { readFailure, sameFor } from '../../link/redis-failure.ts'
import type { RedisAddress } from '../../link/source.ts'
import { Subscriber } from '../../link/subscriber.ts'
import { callback } from '../../util/options.ts'
import { pause } from '../../util/pause.ts'
import { isThenable } from '../../util/running.ts'
import { thrownError } from '../../wire/thrown.ts'
import { Commands, type Work } from '../commands.ts'
import { Contents } from '../content.ts'
import { Demand } from '../demand.ts'
import { iterate } from '../iterate.ts'
import { type QueueKeys, queueKeys } from '../keys.ts'
import { checkWait, type WaitLimits, type WaitOptions } from '../options.ts'
import { checkProcessOptions, type ProcessOptions } from '../process-options.ts'
import { Workers } from '../workers.ts'
import { DelayedTasks } from './delayed.ts'
import { countTasks } from './len.ts'
import type { PlainSettings } from './options.ts'
import type { QueueReader } from './reader.ts'
import { readTask, type Task } from './task.ts'

const RETRY_MS = 200

/** Reads a queue whose tasks are gone once they were read. What is handed over is the text: whoever takes it reads it. */
export class PlainQueue<T> implements QueueReader<T> {
  readonly name: string
  readonly #keys: QueueKeys
  readonly #settings: PlainSettings
  readonly #contents: Contents<T>
  readonly #link: Link
  readonly #commands: Commands
  readonly #subscriber: Subscriber
  readonly #delayed: DelayedTasks
  readonly #demand: Demand<string>
  readonly #workers: Workers<string>
  #starting: Promise<void> | undefined
  /** The key had another type when it was last popped from; nobody is told twice by the reader itself. */
  #hadWrongType = false
  #closing: Promise<void> | undefined

  constructor(address: RedisAddress, name: string, settings: PlainSettings) {
    const { clock, onError, connectTimeoutMs } = settings
    this.name = name
    this.#keys = queueKeys(name)
    this.#settings = settings
    this.#contents = new Contents(settings, `the queue ${name}`)
    this.#link = new Link(address, {
      home: name,
      end: 'right',
      inlet: {
        lists: (hasRoom) => (hasRoom ? [name] : []),
        capacity: (popped) => this.#demand.wanted - popped,
        onBatch: (texts) => this.#take(texts),
        expireMs: () => undefined,
      },
      onError,
      onReadError: (error) => void this.#refused(error),
      connectTimeoutMs,
      clock,
    })
    this.#link.connection.observe({ unavailable: (error) => this.#unavailable(error) })
    const commands = new Commands(this.#link.connection, settings)
    this.#commands = commands
    this.#demand = new Demand(
      clock,
      () => this.#update(),
      () => commands.blindness(name),
    )
    this.#workers = new Workers(this.#demand)
    // That Redis cannot be reached is told once, by the connection above.
    this.#subscriber = new Subscriber(address, { connectTimeoutMs, clock, onError: () => {} })
    this.#delayed = new DelayedTasks({ keys: this.#keys, commands, clock, onError })
  }

  len(): Promise<number> {
    return countTasks(this.#commands, this.#keys)
  }

  async next(): Promise<Task<T> | undefined> {
    this.#start()
    const text = await this.#commands.run(this.#work('take a task from'), (redis) => redis.rpop(this.name))
    return text === null ? undefined : this.#read(text)
  }

  async bNext(options: WaitOptions = {}): Promise<Task<T> | undefined> {
    const limits = checkWait(options)
    limits.signal?.throwIfAborted()
    if (this.#hadWrongType) await this.#checkType()
    return limits.timeoutMs === 0 ? this.next() : this.#wait(limits)
  }

  async process(handler: (task: Task<T>) => unknown, options: ProcessOptions = {}): Promise<void> {
    const settings = checkProcessOptions(options)
    callback('handler', handler, handler)
    this.#start()
    if (this.#hadWrongType) await this.#checkType()
    await this.#workers.run({
      ...settings,
      handle: (text) => this.#handle(text, handler),
      onFree: () => this.#link.resume(),
    })
  }

  [Symbol.asyncIterator](): AsyncGenerator<Task<T>, void> {
    return iterate(
      (limits) => this.#waitForGood(limits),
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
    this.#delayed.stop()
    this.#subscriber.close()
    await this.#link.stopReading()
    await this.#workers.finish(clock, drainTimeoutMs)
    await this.#link.close()
  }

  async #wait(limits: WaitLimits): Promise<Task<T> | undefined> {
    const { failure } = this.#commands.connection
    if (failure !== undefined && !limits.patient) throw sameFor(failure)
    const text = await this.#demand.wait(limits)
    return text === undefined ? undefined : this.#read(text)
  }

  /** In a loop, what is no task must not end it. */
  async #waitForGood(limits: WaitLimits): Promise<Task<T> | undefined> {
    try {
      return await this.#wait(limits)
    } catch (error) {
      if (!(error instanceof InvalidDataError)) throw error
      this.#settings.onError(error)
      return undefined
    }
  }

  #read(text: string): Task<T> {
    return readTask(text, this.name, this.#contents)
  }

  #handle(text: string, handler: (task: Task<T>) => unknown): Promise<void> | undefined {
    try {
      const result = handler(this.#read(text))
      if (!isThenable(result)) return undefined
      return Promise.resolve(result).then(() => {}, this.#report)
    } catch (thrown) {
      this.#report(thrown)
      return undefined
    }
  }

  readonly #report = (thrown: unknown): void => {
    this.#settings.onError(thrownError(thrown))
  }

  #start(): void {
    if (this.#closing !== undefined) throw new ClosedError(`the reader of ${this.name} is closed`)
    if (this.#starting !== undefined) return
    this.#starting = this.#open()
  }

  async #open(): Promise<void> {
    while (this.#closing === undefined) {
      try {
        await this.#link.commands()
        void this.#delayed.listen(this.#subscriber)
        await this.#link.open()
        return
      } catch (error) {
        await this.#refused(error as Error)
        if (this.#closing !== undefined) return
        await pause(this.#settings.clock, RETRY_MS)
      }
    }
  }

  #update(): void {
    if (this.#closing !== undefined) return
    if (this.#demand.wanted === 0) return this.#link.wake()
    this.#start()
    this.#link.resume()
  }

  /** That Redis cannot be reached is no news to those who wait for good. */
  #unavailable(error: ConnectionError): void {
    this.#settings.onError(error)
    this.#demand.fail(() => sameFor(error))
  }

  /** Redis does not let us pop. */
  async #refused(error: Error): Promise<void> {
    if (this.#closing !== undefined || readFailure(error.cause) === 'lost') return
    const reason = await this.#commands.toError(error.cause, this.#work('wait for tasks of'))
    if (reason instanceof WrongTypeError) {
      this.#hadWrongType = true
      this.#demand.failAll(reason)
    } else {
      this.#settings.onError(error)
      this.#demand.fail(() => reason)
    }
  }

  /** @throws WrongTypeError */
  async #checkType(): Promise<void> {
    await this.#commands.run({ ...this.#work('wait for tasks of'), repeatable: true }, (redis) => redis.llen(this.name))
    this.#hadWrongType = false
  }

  #work(what: string): Work {
    return { what: `${what} ${this.name}`, keys: { [this.name]: 'list' }, repeatable: false }
  }

  #take(texts: readonly string[]): void {
    const unwanted: string[] = []
    for (const text of texts) if (!this.#demand.give(text)) unwanted.push(text)
    // Those who wanted them have gone meanwhile: back to the front, in their order.
    for (const text of unwanted.reverse()) this.#link.outbox.push(this.name, new Returned(text, this.#settings.onError))
  }
}

/** A task on its way back to the front. */
class Returned implements Outgoing {
  readonly text: string
  readonly cancelled = false
  readonly undelivered: (error: DeliveryError) => void

  /** @param undelivered told when it could not be put back, and is lost */
  constructor(text: string, undelivered: (error: DeliveryError) => void) {
    this.text = text
    this.undelivered = undelivered
  }
}
