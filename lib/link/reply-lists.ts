import type { Clock, ClockTimer } from '../util/clock.ts'
import { Link } from './link.ts'
import type { RedisAddress, RedisLife } from './source.ts'

export interface ReplyListsOptions {
  /** Determines the slot of the wake list. */
  readonly home: string
  /** Receives the message of a list. The list may have been forgotten in the meantime. */
  readonly onReply: (list: string, text: string) => void
  /** Receives a key that turned out not to be a list; it is no longer expected. */
  readonly onWrongType?: (list: string, type: string) => void
  readonly onError: (error: Error) => void
  /** How long after the last push a list expires, in ms; undefined: never. */
  readonly expireMs: (list: string) => number | undefined
  /** See {@link Link}. */
  readonly atomicExpiry?: boolean
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

/**
 * A sweep starts with this many lists, and doubles while it finds replies in at least one of this
 * many lists.
 */
const FIRST_SWEEP = 8
const SPARSE = 16
const RETRY_MS = 200

/**
 * Waits on many lists at once, each for one reply: the older systems use a new list for each call.
 * All waiting calls share one blocking connection. One pop names all lists, so in a cluster they
 * must share a slot.
 *
 * That pop returns one reply, and its cost is proportional to the number of lists (a third of a
 * millisecond for a thousand). After each reply, the following lists are checked as well, first a
 * few, then more while that pays off, because servers answer roughly in order and in batches.
 * Measured with 1000 calls in flight, this has seven times the throughput of popping one by one.
 */
export class ReplyLists {
  readonly link: Link
  readonly #expected = new Set<string>()
  readonly #options: ReplyListsOptions
  /** The lists of the last pop, in its order. */
  #asked: string[] = []
  #retry: ClockTimer | undefined

  constructor(address: RedisAddress, options: ReplyListsOptions) {
    this.#options = options
    const { atomicExpiry = false } = options
    this.link = new Link(address, {
      home: options.home,
      inlet: {
        lists: (hasRoom) => {
          this.#asked = hasRoom ? [...this.#expected] : []
          return this.#asked
        },
        capacity: () => (this.#expected.size === 0 ? 0 : 1),
        onBatch: (texts, list) => this.#take(texts, list),
        expireMs: options.expireMs,
      },
      sweep: (redis, list) => this.#sweep(redis, list),
      onError: (error) => this.#report(error),
      atomicExpiry,
      connectTimeoutMs: options.connectTimeoutMs,
      clock: options.clock,
    })
  }

  /** Starts waiting for a reply in `list`. */
  expect(list: string): void {
    this.#expected.add(list)
    this.link.wake()
    this.link.resume()
  }

  isExpected(list: string): boolean {
    return this.#expected.has(list)
  }

  /** Stops waiting for it; a reply from the pending pop is still delivered. */
  forget(list: string): void {
    this.#expected.delete(list)
  }

  /**
   * Disconnects and removes the lists that are still expected, because a late reply would stay
   * forever.
   */
  close(): Promise<void> {
    const abandoned = [...this.#expected]
    this.#expected.clear()
    this.#options.clock.clearTimer(this.#retry)
    return this.link.close(abandoned)
  }

  #take(texts: readonly string[], list: string): void {
    this.#expected.delete(list)
    for (const text of texts) this.#options.onReply(list, text)
  }

  #report(error: Error): void {
    const { onWrongType, onError } = this.#options
    if (onWrongType === undefined || !/^WRONGTYPE /.test((error.cause as Error | undefined)?.message ?? ''))
      onError(error)
    else void this.#expelWrongTypes(onWrongType)
  }

  /** A single key of another type makes every pop of all lists fail; the reader retries soon. */
  async #expelWrongTypes(onWrongType: (list: string, type: string) => void): Promise<void> {
    const lists = [...this.#expected]
    const pipeline = this.link.redis?.pipeline()
    for (const list of lists) pipeline?.type(list)
    const types = (await pipeline?.exec()) ?? []
    for (const [index, list] of lists.entries()) {
      const type = types[index]?.[1]
      if (typeof type !== 'string' || type === 'list' || type === 'none') continue
      if (this.#expected.delete(list)) onWrongType(list, type)
    }
    // The reader reports a lasting failure only once, so a connection loss must not end this.
    const wasAnswered = types.length === lists.length && types.every(([error]) => error === null)
    if (wasAnswered || this.#expected.size === 0) return
    this.#retry = this.#options.clock.setTimer(() => void this.#expelWrongTypes(onWrongType), RETRY_MS)
  }

  async #sweep(redis: RedisLife, popped: string): Promise<void> {
    const at = this.#asked.indexOf(popped)
    const inOrder = [...this.#asked.slice(at + 1), ...this.#asked.slice(0, at)]
    let size = FIRST_SWEEP
    for (let from = 0; from < inOrder.length; ) {
      const lists = inOrder.slice(from, from + size).filter((list) => this.#expected.has(list))
      from += size
      size *= 2
      if ((await this.#popEach(redis, lists)) * SPARSE < lists.length) return
    }
  }

  /** Pops what each list has, and returns how many had something. */
  async #popEach(redis: RedisLife, lists: readonly string[]): Promise<number> {
    if (lists.length === 0) return 0
    const pipeline = redis.pipeline()
    for (const list of lists) pipeline.lpop(list)
    const replies = (await pipeline.exec()) as [Error | null, unknown][]
    let found = 0
    for (const [index, list] of lists.entries()) {
      // The next pop will get the error too and report it.
      const text = replies[index]?.[1]
      if (typeof text !== 'string') continue
      found++
      this.#take([text], list)
    }
    return found
  }
}
