import { type DeliveryError, WrongTypeError } from '../../errors.ts'
import { Link } from '../../link/link.ts'
import type { PushedMessage } from '../../link/outbox.ts'
import { readFailure } from '../../link/redis-failure.ts'
import type { RedisAddress } from '../../link/source.ts'
import { Subscriber } from '../../link/subscriber.ts'
import { type CommandSpec, Commands } from '../commands.ts'
import type { QueueKeys } from '../keys.ts'
import type { Consumers } from '../reader/consumers.ts'
import { RETRY_MS } from '../reader/read-failures.ts'
import type { Feed } from '../reader/reader.ts'
import { DelayedTasks } from './delayed.ts'
import type { PlainSettings } from './options.ts'

/** Pops the texts of tasks, as many as are wanted. */
export class PlainTasks implements Feed<string> {
  readonly commands: Commands
  readonly #name: string
  readonly #settings: PlainSettings
  readonly #link: Link
  readonly #subscriber: Subscriber
  readonly #delayed: DelayedTasks
  readonly #consumers: Consumers<string>
  #hadWrongType = false
  #isStopped = false

  constructor(address: RedisAddress, keys: QueueKeys, settings: PlainSettings, consumers: Consumers<string>) {
    const { clock, onError, connectTimeoutMs } = settings
    const name = keys.queue
    this.#name = name
    this.#settings = settings
    this.#consumers = consumers
    this.#link = new Link(address, {
      home: name,
      end: 'right',
      inlet: {
        lists: (hasRoom) => (hasRoom ? [name] : []),
        capacity: (popped) => consumers.wanted - popped,
        onBatch: (texts) => this.#take(texts),
        expireMs: () => undefined,
      },
      onError,
      onReadError: (error) => void this.#refused(error),
      connectTimeoutMs,
      clock,
    })
    this.commands = new Commands(this.#link.connection, settings)
    // The connection above already reports that Redis cannot be reached.
    this.#subscriber = new Subscriber(address, { connectTimeoutMs, clock, onError: () => {} })
    this.#delayed = new DelayedTasks({ keys, commands: this.commands, clock, onError })
  }

  start(): void {
    void this.#open()
  }

  async takeOne(): Promise<string | undefined> {
    return (await this.commands.run(this.#work('take a task from'), (redis) => redis.rpop(this.#name))) ?? undefined
  }

  update(): void {
    if (this.#consumers.wanted === 0) this.#link.wake()
    else this.#link.resume()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#delayed.stop()
    await this.#link.stopReading()
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  /**
   * Whether the key had another type at the last pop; the list reader itself reports this only
   * once.
   */
  get hadWrongType(): boolean {
    return this.#hadWrongType
  }

  /** @throws WrongTypeError */
  async checkType(): Promise<void> {
    const work = { ...this.#work('wait for tasks of'), repeatable: true }
    await this.commands.run(work, (redis) => redis.llen(this.#name))
    this.#hadWrongType = false
  }

  async #open(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#link.commands()
        void this.#delayed.listen(this.#subscriber)
        await this.#link.open()
        return
      } catch (error) {
        await this.#refused(error as Error)
        if (this.#isStopped) return
        await this.commands.connection.pause(RETRY_MS)
      }
    }
  }

  /** Redis refuses the pop. */
  async #refused(error: Error): Promise<void> {
    if (this.#isStopped || readFailure(error.cause) === 'lost') return
    const reason = await this.commands.toError(error.cause, this.#work('wait for tasks of'))
    if (reason instanceof WrongTypeError) {
      this.#hadWrongType = true
      this.#consumers.failAll(reason)
    } else {
      this.#settings.onError(error)
      this.#consumers.fail(() => reason)
    }
  }

  #take(texts: readonly string[]): void {
    const unwanted: string[] = []
    for (const text of texts) if (!this.#consumers.give(text)) unwanted.push(text)
    // The callers that wanted them are gone: put them back to the front, in their order.
    for (const text of unwanted.reverse()) {
      this.#link.outbox.push(this.#name, new Returned(text, this.#settings.onError))
    }
  }

  #work(what: string): CommandSpec {
    return { what: `${what} ${this.#name}`, keys: { [this.#name]: 'list' }, repeatable: false }
  }
}

/** A task that is being put back to the front. */
class Returned implements PushedMessage {
  readonly text: string
  readonly cancelled = false
  readonly undelivered: (error: DeliveryError) => void

  /** @param undelivered called when it could not be put back, and is lost */
  constructor(text: string, undelivered: (error: DeliveryError) => void) {
    this.text = text
    this.undelivered = undelivered
  }
}
