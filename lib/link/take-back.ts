import { type Deferred, deferred } from '../util/deferred.ts'
import type { RedisLife } from './source.ts'

/** How many removals are under way at once. For each Redis may have to look through the whole list, while others wait. */
const AT_ONCE = 8

interface Removal {
  readonly list: string
  readonly text: string
  readonly onRemoved: (() => void) | undefined
}

/**
 * Takes messages back that nobody has popped and nobody waits for any more, so that they neither run nor fill Redis when no server is
 * there. They are looked for from the head of their list, where the oldest stand. What a lost connection prevents is left there.
 * @see https://redis.io/docs/latest/commands/lrem/
 */
export class TakeBack {
  readonly #redis: () => RedisLife | undefined
  #waiting: Removal[] = []
  #next = 0
  #underWay = 0
  #idle: Deferred<void> | undefined

  /** @param redis gives the connection on which the messages were pushed; undefined while there is none */
  constructor(redis: () => RedisLife | undefined) {
    this.#redis = redis
  }

  /** Removes a message from a list; `onRemoved` is called if it was still there. */
  add(list: string, text: string, onRemoved?: () => void): void {
    this.#waiting.push({ list, text, onRemoved })
    this.#go()
  }

  /** Resolves once nothing is left to remove. */
  drained(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  #go(): void {
    while (this.#underWay < AT_ONCE && this.#next < this.#waiting.length) {
      const redis = this.#redis()
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

  #remove(redis: RedisLife, { list, text, onRemoved }: Removal): void {
    this.#underWay++
    redis.lrem(list, 1, text).then(
      (removed) => {
        if (removed > 0) onRemoved?.()
        this.#done()
      },
      () => this.#done(),
    )
  }

  #done(): void {
    this.#underWay--
    this.#go()
    if (this.#underWay === 0) {
      this.#idle?.resolve()
      this.#idle = undefined
    }
  }
}
