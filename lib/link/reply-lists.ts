import type { Clock } from '../util/clock.ts'
import { Link } from './link.ts'
import type { RedisSource } from './source.ts'

export interface ReplyListsOptions {
  /** Names the slot of the wake list. */
  readonly home: string
  /** Takes the one message of a list that was expected. */
  readonly onReply: (list: string, text: string) => void
  readonly onError: (error: Error) => void
  /** How long a list lives after the last push to it, in ms; undefined: for ever. */
  readonly expireMs: (list: string) => number | undefined
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

/**
 * Waits on many lists at once, each of which brings one reply: the older systems use a fresh list for each call. However
 * many calls wait, they share one blocking connection. One pop names all lists, so in a cluster they would have to share a slot.
 */
export class ReplyLists {
  readonly link: Link
  readonly #expected = new Set<string>()
  readonly #onReply: (list: string, text: string) => void

  constructor(source: RedisSource, options: ReplyListsOptions) {
    this.#onReply = options.onReply
    this.link = new Link(source, {
      home: options.home,
      lists: () => [...this.#expected],
      capacity: () => (this.#expected.size === 0 ? 0 : 1),
      onBatch: (texts, list) => this.#take(texts, list),
      onError: options.onError,
      expireMs: options.expireMs,
      connectTimeoutMs: options.connectTimeoutMs,
      clock: options.clock,
    })
  }

  /** Begins to wait for a reply on `list`. */
  expect(list: string): void {
    this.#expected.add(list)
    this.link.wake()
    this.link.resume()
  }

  isExpected(list: string): boolean {
    return this.#expected.has(list)
  }

  /** Waits for it no more. */
  forget(list: string): void {
    this.#expected.delete(list)
  }

  /** Disconnects and removes the lists still expected: a late reply to one would stay for ever. */
  close(): Promise<void> {
    const abandoned = [...this.#expected]
    this.#expected.clear()
    return this.link.close(abandoned)
  }

  #take(texts: readonly string[], list: string): void {
    this.#expected.delete(list)
    for (const text of texts) this.#onReply(list, text)
  }
}
