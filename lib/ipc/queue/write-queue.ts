import { randomUUID } from 'node:crypto'
import { checkUse, type MiddlewareOption } from '../../chain/middleware.ts'
import { Outgoing } from '../../chain/outgoing.ts'
import { ClosedError, type DeliveryError } from '../../errors.ts'
import { Outbox, type PushedMessage } from '../../link/outbox.ts'
import { readFailure, sameFor } from '../../link/redis-failure.ts'
import { checkSource, type RedisSource } from '../../link/source.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { knownOptions, nonEmptyString } from '../../util/options.ts'
import { statedNow } from '../../util/timers.ts'
import { waitAtMost } from '../../util/within.ts'
import { checkMetadata, type Metadata } from '../../wire/metadata.ts'
import { type CommandSpec, Commands } from '../commands.ts'
import { Contents } from '../content.ts'
import { type QueueKeys, queueKeys } from '../keys.ts'
import { Publishing } from '../middleware.ts'
import { CLOSE_MS, checkIpcOptions, type IpcOptions, type IpcSettings, keptMilliseconds } from '../options.ts'
import { DelayedTasks } from './delayed.ts'
import { countTasks } from './len.ts'
import { delay } from './scripts.ts'
import { taskText } from './task.ts'
import { newTaskId } from './task-id.ts'

/** Options of a writer of a queue. */
export interface WriteQueueOptions extends IpcOptions, MiddlewareOption {}

/** Options for publishing a task. */
export interface PublishOptions {
  /** How long to wait before a reader gets it, in ms; up to 100 years. @defaultValue 0 */
  readonly delayMs?: number
  /**
   * Strings that are sent with the content, at most 16 384 characters in all.
   * @defaultValue none
   */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Publishes tasks to a queue. It connects on first use. */
export class WriteQueue<T = unknown> implements AsyncDisposable {
  /** The queue's name, which is also the name of its list. */
  readonly name: string
  readonly #keys: QueueKeys
  readonly #settings: IpcSettings & Required<WriteQueueOptions>
  readonly #contents: Contents<T>
  readonly #commands: Commands
  readonly #outbox: Outbox
  readonly #delayed: DelayedTasks
  /** Undefined: there is no middleware. */
  readonly #outgoing: Outgoing | undefined
  /** How many published tasks are not confirmed yet. */
  #publishing = 0
  #idle: Deferred<void> | undefined
  #closing: Promise<void> | undefined

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the queue's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, options: WriteQueueOptions = {}) {
    this.name = nonEmptyString('name', name)
    this.#settings = { ...checkIpcOptions(options), use: checkUse(options) }
    knownOptions(options, Object.keys(this.#settings))
    const { use, clock, onError, connectTimeoutMs } = this.#settings
    this.#keys = queueKeys(name)
    this.#contents = new Contents(this.#settings, `the queue ${name}`)
    this.#commands = new Commands(checkSource(redis, name, 'queue-writer'), this.#settings)
    this.#outbox = new Outbox(this.#commands.connection, {
      end: 'left',
      expireMs: () => undefined,
      patienceMs: connectTimeoutMs,
      onError,
      clock,
    })
    this.#delayed = new DelayedTasks({ keys: this.#keys, commands: this.#commands, clock, onError })
    this.#outgoing = use.length === 0 ? undefined : new Outgoing(name, use, clock, this.#closed)
  }

  /**
   * Adds a task; resolves with its uuid once Redis has it. Tasks that are published in the same
   * turn of the event loop are sent together.
   *
   * @throws DeliveryUnknownError when the connection broke first: the task may or may not be in the
   * queue, and is not sent again
   * @throws ConnectionError, WrongTypeError, SerializationError, MessageTooLargeError, ClosedError
   * when it was not added
   * @throws UnsupportedError for a `delayMs`, when the server has no scripts
   * @throws what the middleware throws
   * @see https://redis.io/docs/latest/commands/lpush/
   */
  async publish(content: T, options?: PublishOptions): Promise<string> {
    const { delayMs, metadata } = options === undefined ? AT_ONCE : checkPublish(options)
    if (this.#closing !== undefined) throw new ClosedError(this.#closed)
    const uuid = newTaskId(statedNow() + delayMs)
    const outgoing = this.#outgoing
    this.#publishing++
    try {
      if (outgoing === undefined) {
        await this.#deliver(taskText(uuid, content, this.#contents, metadata), delayMs)
        return uuid
      }
      const send = async (given: T, changed: Metadata | undefined): Promise<string> => {
        await this.#deliver(taskText(uuid, given, this.#contents, changed), delayMs)
        return uuid
      }
      return (await outgoing.run(new Publishing(uuid, content, metadata, send))) as string
    } finally {
      if (--this.#publishing === 0) this.#idle?.resolve()
    }
  }

  /** Returns how many tasks wait, without delayed ones and those in flight. */
  len(): Promise<number> {
    return countTasks(this.#commands, this.#keys)
  }

  /**
   * Waits until Redis has confirmed all published tasks, and disconnects; a second call returns the
   * first promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    if (this.#publishing > 0) {
      this.#idle = deferred()
      await waitAtMost(this.#settings.clock, CLOSE_MS, this.#idle.promise)
    }
    this.#outgoing?.close()
    this.#delayed.stop()
    this.#outbox.close()
    this.#commands.close()
  }

  get #closed(): string {
    return `the writer of ${this.name} is closed`
  }

  #deliver(text: string, delayMs: number): Promise<void> {
    return delayMs > 0 ? this.#publishLater(text, delayMs) : this.#push(text)
  }

  async #push(text: string): Promise<void> {
    // The outbox waits for a connection, and fails if there is none.
    if (this.#commands.connection.ready === undefined) await this.#commands.connection.open()
    const task = new Publication(text)
    this.#outbox.push(this.name, task)
    try {
      await task.done.promise
    } catch (error) {
      const failure = error as DeliveryError
      const isRefusal = readFailure(failure.cause) === 'refused'
      throw isRefusal ? await this.#commands.toError(failure.cause, this.#work('publish to')) : sameFor(failure)
    }
  }

  async #publishLater(text: string, delayMs: number): Promise<void> {
    const { delayed, dueChannel } = this.#keys
    // Not repeatable: the task would be added twice.
    await this.#commands.run({ ...this.#work('publish to'), keys: { [delayed]: 'zset' } }, (redis) =>
      delay.run(redis, [delayed], [delayMs, randomUUID(), text, dueChannel]),
    )
    this.#delayed.expect(delayMs)
  }

  #work(what: string): CommandSpec {
    return { what: `${what} ${this.name}`, keys: { [this.name]: 'list' }, repeatable: false }
  }
}

/** A task that is being sent to Redis. */
class Publication implements PushedMessage {
  readonly text: string
  readonly cancelled = false
  readonly done: Deferred<void> = deferred()

  constructor(text: string) {
    this.text = text
  }

  delivered(): void {
    this.done.resolve()
  }

  undelivered(error: DeliveryError): void {
    this.done.reject(error)
  }
}

/** {@link PublishOptions}, checked. */
interface PublishSettings {
  readonly delayMs: number
  readonly metadata: Metadata | undefined
}

const AT_ONCE: PublishSettings = { delayMs: 0, metadata: undefined }

/** @throws InvalidOptionError */
function checkPublish(options: PublishOptions): PublishSettings {
  knownOptions(options, ['delayMs', 'metadata'])
  const { metadata } = options
  return {
    delayMs: keptMilliseconds('delayMs', options.delayMs, 0, 0),
    metadata: metadata === undefined ? undefined : checkMetadata(metadata),
  }
}
