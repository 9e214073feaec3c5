import { type Deferred, deferred } from '../util/deferred.ts'
import type { Connection } from './connection.ts'
import type { RedisLife } from './source.ts'

/** How many removals are under way at once. For each Redis may have to look through the whole list, while others wait. */
const AT_ONCE = 8

interface Removal {
  readonly list: string
  readonly text: string
  readonly onRemoved: (() => void) | undefined
  /** It was not there any more. */
  readonly onMissed: (() => void) | undefined
}

/**
 * Takes messages back that nobody has popped and nobody waits for any more, so that they neither run nor fill Redis when no server is
 * there. They are looked for from the head of their list, where the oldest stand. What a lost connection prevents is left there.
 * @see https://redis.io/docs/latest/commands/lrem/
 */
export class TakeBack {
  readonly #connection: Pick<Connection, 'ready' | 'watch'>
  #waiting: Removal[] = []
  #next = 0
  #underWay = 0
  #isClosed = false
  #idle: Deferred<void> | undefined

  /** @param connection on which the messages were pushed; it is given up when it does not answer */
  constructor(connection: Pick<Connection, 'ready' | 'watch'>) {
    this.#connection = connection
  }

  /** Removes a message from a list; `onRemoved` is called if it was still there, `onMissed` if it was not. */
  add(list: string, text: string, onRemoved?: () => void, onMissed?: () => void): void {
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
