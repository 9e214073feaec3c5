import { sameFor } from '../../link/redis-failure.ts'
import type { RedisAddress } from '../../link/source.ts'
import { callback } from '../../util/options.ts'
import { isThenable } from '../../util/running.ts'
import { thrownError } from '../../wire/thrown.ts'
import { Contents } from '../content.ts'
import { type QueueKeys, queueKeys } from '../keys.ts'
import { around } from '../middleware.ts'
import { checkWait, type WaitLimits, type WaitOptions } from '../options.ts'
import { checkProcessOptions, type ProcessOptions } from '../reader/process-options.ts'
import { Reader } from '../reader/reader.ts'
import { countTasks } from './len.ts'
import type { PlainSettings } from './options.ts'
import { PlainTasks } from './plain-tasks.ts'
import type { QueueReader } from './reader.ts'
import { readTask, type Task } from './task.ts'

/**
 * Reads a queue and removes each task as it is read. It passes on the text, and the receiver
 * decodes it.
 */
export class PlainQueue<T> implements QueueReader<T> {
  readonly name: string
  readonly #keys: QueueKeys
  readonly #settings: PlainSettings
  readonly #contents: Contents<T>
  readonly #reader: Reader<string, PlainTasks>

  constructor(address: RedisAddress, name: string, settings: PlainSettings) {
    const keys = queueKeys(name)
    this.name = name
    this.#keys = keys
    this.#settings = settings
    this.#contents = new Contents(settings, `the queue ${name}`)
    this.#reader = new Reader({ ...settings, name }, (consumers) => new PlainTasks(address, keys, settings, consumers))
  }

  len(): Promise<number> {
    return countTasks(this.#reader.feed.commands, this.#keys)
  }

  async next(): Promise<Task<T> | undefined> {
    return this.#read(await this.#reader.next())
  }

  async bNext(options: WaitOptions = {}): Promise<Task<T> | undefined> {
    const limits = checkWait(options)
    limits.signal?.throwIfAborted()
    const { feed } = this.#reader
    if (feed.hadWrongType) await feed.checkType()
    return limits.timeoutMs === 0 ? this.next() : this.#wait(limits)
  }

  async process(handler: (task: Task<T>) => unknown, options: ProcessOptions = {}): Promise<void> {
    const { concurrency, signal } = checkProcessOptions(options)
    callback('handler', handler, handler)
    const { feed } = this.#reader
    const wrapped = around({ use: this.#settings.use, name: this.name, idOf: ({ uuid }: Task<T>) => uuid }, handler)
    this.#reader.start()
    if (feed.hadWrongType) await feed.checkType()
    await this.#reader.process({ concurrency, signal, handle: (text) => this.#handle(text, wrapped) })
  }

  [Symbol.asyncIterator](): AsyncGenerator<Task<T>, void> {
    return this.#reader.iterate((limits) => this.#wait(limits))
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #wait(limits: WaitLimits): Promise<Task<T> | undefined> {
    const { failure } = this.#reader.feed.commands.connection
    if (failure !== undefined && !limits.patient) throw sameFor(failure)
    return this.#read(await this.#reader.wait(limits))
  }

  #read(text: string | undefined): Task<T> | undefined {
    return text === undefined ? undefined : readTask(text, this.name, this.#contents)
  }

  #handle(text: string, handler: (task: Task<T>) => unknown): Promise<void> | undefined {
    try {
      const result = handler(readTask(text, this.name, this.#contents))
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
}
