import { type Deferred, deferred } from '../util/deferred.ts'
import type { Connection } from './connection.ts'
import type { RedisLife } from './source.ts'

/**
 * How many removals are in flight at once. For each, Redis may have to search the whole list while
 * other clients wait.
 */
const AT_ONCE = 8

interface Removal {
  readonly list: string
  readonly text: string
  readonly onRemoved: (() => void) | undefined
  /** Called if it was no longer there. */
  readonly onMissed: (() => unknown) | undefined
}

/**
 * Removes messages that no server has popped and whose callers no longer wait, so that they neither
 * run nor fill Redis while there is no server. The search starts at the head of the list, where the
 * oldest messages are. If the connection is lost, they stay in the list.
 * @see https://redis.io/docs/latest/commands/lrem/
 */
export class TakeBack {
  readonly #connection: Pick<Connection, 'ready' | 'watch'>
  #waiting: Removal[] = []
  #next = 0
  #underWay = 0
  #isClosed = false
  #idle: Deferred<void> | undefined

  /** @param connection on which the messages were pushed; it is dropped if it does not answer */
  constructor(connection: Pick<Connection, 'ready' | 'watch'>) {
    this.#connection = connection
  }

  /** Removes a message from a list; `onRemoved` is called if it was still there, `onMissed` if it was not. */
  add(list: string, text: string, onRemoved?: () => void, onMissed?: () => unknown): void {
    if (this.#isClosed) return
    this.#waiting.push({ list, text, onRemoved, onMissed })
    this.#go()
  }

  /** Resolves once nothing is left to remove. */
  drained(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  /** Removes no more. */
  close(): void {
    this.#isClosed = true
    this.#waiting = []
    this.#next = 0
    this.#idle?.resolve()
  }

  #go(): void {
    while (this.#underWay < AT_ONCE && this.#next < this.#waiting.length) {
      const redis = this.#connection.ready
      if (redis === undefined) {
        this.#next = this.#waiting.length
        break
      }
      this.#remove(redis, this.#waiting[this.#next++]!)
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = []
      this.#next = 0
    }
  }

  #remove(redis: RedisLife, { list, text, onRemoved, onMissed }: Removal): void {
    this.#underWay++
    this.#connection.watch(redis.lrem(list, 1, text)).then(
      (removed) => {
        if (removed > 0) onRemoved?.()
        else onMissed?.()
        this.#done()
      },
      () => this.#done(),
    )
  }

  #done(): void {
    this.#underWay--
    this.#go()
    if (this.#isClosed || this.#underWay > 0) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
