import { ClosedError, SerializationError, TimeoutError, UnsupportedError } from '../../errors.ts'
import { readFailure } from '../../link/redis-failure.ts'
import { checkSource, type RedisSource } from '../../link/source.ts'
import { Subscriber } from '../../link/subscriber.ts'
import { callback, nonEmptyString } from '../../util/options.ts'
import { statedNow } from '../../util/timers.ts'
import { waitAtMost } from '../../util/within.ts'
import { type CommandSpec, Commands } from '../commands.ts'
import { Contents } from '../content.ts'
import { CLOSE_MS, checkWait, type WaitOptions } from '../options.ts'
import { type AwaitedEntry, EntryWatch, type Look } from './entry-watch.ts'
import { fieldTimeLeft } from './field-expiry.ts'
import { hashLayout, keysLayout, type Layout } from './layout.ts'
import { LoadLock } from './load-lock.ts'
import {
  type CacheOptions,
  type CacheSetOptions,
  type CacheSettings,
  checkCacheOptions,
  checkGetOrSet,
  checkTtl,
  type GetOrSetOptions,
  type LoadSettings,
} from './options.ts'

/** The content of an entry. The wrapper distinguishes an entry from a missing one. */
interface Found<T> {
  readonly content: T
}

/**
 * A cache that processes share. It connects on first use.
 *
 * @example
 * ```ts
 * const users = new Cache<User>('redis://localhost', 'users')
 * const user = await users.getOrSet('17', (id) => loadUser(id), { ttlMs: 60_000 })
 * ```
 */
export class Cache<T = unknown> implements AsyncDisposable {
  /** The cache's name. */
  readonly name: string
  readonly #settings: CacheSettings
  /** The wall-clock time for the timestamps of entries; waits use a monotonic clock. */
  readonly #now: () => number
  readonly #contents: Contents<T>
  readonly #commands: Commands
  readonly #subscriber: Subscriber
  readonly #watch: EntryWatch
  /** The locks of the loaders that run in this process. */
  readonly #locks = new Set<LoadLock>()
  #layout: Promise<Layout> | undefined
  #fieldExpiry: Promise<boolean> | undefined
  #closing: Promise<void> | undefined

  /**
   * @param redis a URL, ioredis options or an ioredis client; a client is duplicated and never
   * closed
   * @param name the cache's name
   * @throws InvalidOptionError naming the option and what it accepts
   */
  constructor(redis: RedisSource, name: string, options: CacheOptions = {}) {
    this.name = nonEmptyString('name', name)
    this.#settings = checkCacheOptions(options)
    const { clock, checkEveryMs, onError, connectTimeoutMs } = this.#settings
    this.#now = options.clock === undefined ? statedNow : () => clock.now()
    const address = checkSource(redis, name, 'cache')
    this.#contents = new Contents(this.#settings, `the cache ${name}`)
    this.#commands = new Commands(address, this.#settings)
    this.#commands.connection.observe({ unavailable: onError })
    // The connection above already reports that Redis cannot be reached.
    this.#subscriber = new Subscriber(address, { connectTimeoutMs, clock, onError: () => {} })
    this.#watch = new EntryWatch({ commands: this.#commands, subscriber: this.#subscriber, clock, checkEveryMs })
  }

  /**
   * Returns the content of an entry; undefined if there is none.
   * @throws InvalidDataError when the data in Redis is not a valid entry
   * @throws WrongTypeError, ConnectionError, ClosedError
   * @see https://redis.io/docs/latest/commands/hget/
   */
  async get(field: string): Promise<T | undefined> {
    return (await this.#find(await this.#ready(), nonEmptyString('field', field)))?.content
  }

  /**
   * Waits for an entry and returns its content; undefined if there was none in time.
   * @throws InvalidDataError, WrongTypeError, ConnectionError, ClosedError, the signal's reason
   */
  async bGet(field: string, options: WaitOptions = {}): Promise<T | undefined> {
    const limits = checkWait(options)
    limits.signal?.throwIfAborted()
    if (limits.timeoutMs === 0) return this.get(field)
    const found = await this.#watch.until(this.#entry(field), (layout) => this.#find(layout, field), limits)
    return found?.content
  }

  /**
   * Writes an entry, replacing any old one. A `getOrSet` that is loading at that time does not
   * overwrite it.
   * @throws SerializationError for `undefined`, which means "no entry"; `null` is allowed
   * @throws UnsupportedError for a `ttlMs` in layout `hash` before Redis 7.4; nothing was written
   * @throws SerializationError, MessageTooLargeError, WrongTypeError, ConnectionError, ClosedError
   * @see https://redis.io/docs/latest/commands/hpexpire/
   */
  async set(field: string, content: T, options: CacheSetOptions = {}): Promise<void> {
    const ttlMs = checkTtl(options)
    if (content === undefined) throw new SerializationError('content', 'undefined means that there is no entry')
    const text = this.#text(content)
    const layout = await this.#ready(ttlMs)
    const { channel } = layout.keys(nonEmptyString('field', field))
    await this.#commands.run(this.#work('set', layout, field), async (redis) => {
      // Sent together, in this order: subscribers that are notified find the entry written.
      await Promise.all([layout.set(redis, field, text, ttlMs), redis.publish(channel, '').catch(unlessRefused)])
    })
  }

  /** Whether there is an entry. @throws WrongTypeError, ConnectionError, ClosedError */
  async exists(field: string): Promise<boolean> {
    const layout = await this.#ready()
    nonEmptyString('field', field)
    return (
      (await this.#commands.run(this.#work('look for', layout, field), (redis) => layout.exists(redis, field))) === 1
    )
  }

  /**
   * Removes an entry; returns false if there was none. The result of a `getOrSet` that is loading
   * may be outdated too, so it is not written.
   * @throws WrongTypeError, ConnectionError, ClosedError
   */
  async delete(field: string): Promise<boolean> {
    const layout = await this.#ready()
    const { lock, channel } = layout.keys(nonEmptyString('field', field))
    return this.#commands.run(this.#work('delete', layout, field), async (redis) => {
      // Delete the lock first: a loader without its lock writes nothing, and anything written
      // before is deleted with the entry.
      const [unlocked, deleted] = await Promise.all([redis.del(lock).catch(unlessRefused), layout.delete(redis, field)])
      // Notify the waiting callers: the loader they waited for writes nothing.
      if (unlocked === 1) await redis.publish(channel, '').catch(unlessRefused)
      return deleted === 1
    })
  }

  /**
   * Returns the content of an entry. If there is none, it runs `loader` and writes the result. Of
   * all processes that ask at the same time, one runs its loader and the others wait for the
   * result. If the loader throws, its caller gets the error and another process runs its own
   * loader. A loader that returns `undefined` writes nothing, and the others run theirs in turn;
   * return `null` to cache the absence of a value.
   *
   * @throws what the loader throws
   * @throws TimeoutError when there is no entry within `timeoutMs`; a loader that runs in this
   * process continues, and its result is written
   * @throws UnsupportedError for a `ttlMs` in layout `hash` before Redis 7.4, or without scripts;
   * the loader was not run
   * @throws InvalidDataError, SerializationError, WrongTypeError, ConnectionError, ClosedError, the
   * signal's reason
   */
  async getOrSet(field: string, loader: (field: string) => T | Promise<T>, options: GetOrSetOptions = {}): Promise<T> {
    const settings = checkGetOrSet(options)
    callback('loader', loader, loader)
    const { limits, ttlMs } = settings
    limits.signal?.throwIfAborted()
    const entry = this.#entry(field, ttlMs)
    if (limits.timeoutMs === 0) return this.#findNow(await entry.layout, field)
    const look: Look<Found<T>> = (layout, again) => this.#findOrLoad(layout, field, loader, settings, again)
    const found = await this.#watch.until(entry, look, limits)
    if (found !== undefined) return found.content
    throw new TimeoutError(`${this.name} (${field})`, limits.timeoutMs ?? 0)
  }

  /**
   * Rejects waits with `ClosedError`, leaves loading to other processes, and disconnects; a second
   * call returns the first promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#watch.close(() => new ClosedError(`the cache ${this.name} was closed`))
    const released = Promise.allSettled([...this.#locks].map((lock) => lock.release()))
    await waitAtMost(this.#settings.clock, CLOSE_MS, released)
    this.#subscriber.close()
    this.#commands.close()
  }

  #entry(field: string, ttlMs?: number): AwaitedEntry {
    const name = `${this.name} (${nonEmptyString('field', field)})`
    return { field, name, layout: this.#ready(ttlMs) }
  }

  async #find(layout: Layout, field: string): Promise<Found<T> | undefined> {
    const text = await this.#commands.run(this.#work('get', layout, field), (redis) => layout.get(redis, field))
    if (text === null) return undefined
    const place = { key: layout.keys(field).home, id: field }
    return { content: this.#contents.contentOf(this.#contents.readEnvelope(text, place), place) }
  }

  async #findNow(layout: Layout, field: string): Promise<T> {
    const found = await this.#find(layout, field)
    if (found === undefined) throw new TimeoutError(`${this.name} (${field})`, 0)
    return found.content
  }

  async #findOrLoad(
    layout: Layout,
    field: string,
    loader: (field: string) => T | Promise<T>,
    { lockMs, ttlMs }: LoadSettings,
    again: (afterMs: number) => void,
  ): Promise<Found<T> | undefined> {
    const found = await this.#find(layout, field)
    if (found !== undefined) return found
    const lock = new LoadLock({
      commands: this.#commands,
      keys: layout.keys(field),
      lockMs,
      clock: this.#settings.clock,
      onError: (error) => this.#tell(error),
    })
    const lapsesInMs = await lock.acquire()
    if (lapsesInMs !== undefined) {
      again(lapsesInMs)
      return undefined
    }
    this.#locks.add(lock)
    try {
      // It may have been written since the last look.
      const written = await this.#find(layout, field)
      if (written !== undefined) {
        await lock.release()
        return written
      }
      const content = await loader(field)
      if (content === undefined) {
        await lock.release().catch((error: Error) => this.#tell(error))
        return { content }
      }
      const text = this.#text(content)
      // The caller gets its value even if it cannot be stored.
      await lock.store(text, ttlMs, layout.name, field).catch((error: Error) => this.#tell(error))
      return { content }
    } catch (error) {
      await lock.release().catch((failure: Error) => this.#tell(failure))
      throw error
    } finally {
      this.#locks.delete(lock)
    }
  }

  /**
   * Reports an error that no caller gets, except errors caused by closing or by an unreachable
   * Redis, which are reported elsewhere.
   */
  #tell(error: Error): void {
    if (this.#closing === undefined && error !== this.#commands.connection.failure) this.#settings.onError(error)
  }

  #text(content: T): string {
    return this.#contents.envelopeText(`{"timestamp":${this.#now()},`, content)
  }

  /** The layout. @param ttlMs given: fields must be able to expire */
  async #ready(ttlMs?: number): Promise<Layout> {
    if (this.#closing !== undefined) throw new ClosedError(`the cache ${this.name} is closed`)
    this.#layout ??= this.#chooseLayout().catch((error: unknown) => {
      this.#layout = undefined
      throw error
    })
    const layout = await this.#layout
    if (ttlMs !== undefined && layout.name === 'hash' && !(await this.#hasFieldExpiry())) {
      throw new UnsupportedError('HPEXPIRE', `a ttlMs in layout 'hash' needs it (Redis 7.4); layout 'keys' does not`)
    }
    return layout
  }

  async #chooseLayout(): Promise<Layout> {
    const { layout } = this.#settings
    const isHash = layout === undefined ? await this.#hasFieldExpiry() : layout === 'hash'
    return isHash ? hashLayout(this.name) : keysLayout(this.name)
  }

  /** Checked once, with a read-only command. */
  #hasFieldExpiry(): Promise<boolean> {
    this.#fieldExpiry ??= this.#askFieldExpiry().catch((error: unknown) => {
      this.#fieldExpiry = undefined
      throw error
    })
    return this.#fieldExpiry
  }

  async #askFieldExpiry(): Promise<boolean> {
    const work = { what: `use ${this.name}`, keys: { [this.name]: 'hash' }, repeatable: true } as const
    try {
      await this.#commands.run(work, (redis) => fieldTimeLeft(redis, this.name, 'any'))
      return true
    } catch (error) {
      if (error instanceof UnsupportedError) return false
      throw error
    }
  }

  #work(what: string, layout: Layout, field: string): CommandSpec {
    const { home } = layout.keys(field)
    return { what: `${what} ${field} of ${this.name}`, keys: { [home]: layout.type }, repeatable: true }
  }
}

/** If publishing is not allowed, waiting callers poll. */
function unlessRefused(error: unknown): void {
  if (readFailure(error) !== 'refused') throw error
}
