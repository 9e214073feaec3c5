import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { Request } from '../../wire/message.ts'
import { FIRST_PAUSE_MS, isRefused, longer } from './looks.ts'
import type { OnceRecord } from './record.ts'

/** A call that waits for the result of another one. */
export interface WaitingCall {
  readonly text: string
  readonly request: Request
  readonly of: string
}

/** Calls that wait for one record. */
export interface WaitingGroup {
  readonly key: string
  readonly calls: Set<WaitingCall>
  timer: ClockTimer | undefined
  pauseMs: number
  isLooking: boolean
  /** The record is known to have changed. */
  isUrgent: boolean
  /** A claim whose server seemed to be gone at the last look. */
  suspect: string
}

export interface OnceWaitsOptions {
  readonly clock: Clock
  /** Redis's clock. */
  readonly redisNow: () => number
  readonly read: (key: string) => Promise<OnceRecord>
  /** Has the calls of a group leave for which the record says what becomes of them. */
  readonly judge: (group: WaitingGroup, record: OnceRecord) => void
  /** Redis does not let the record be read. */
  readonly refused: (group: WaitingGroup, error: unknown) => void
  readonly expired: (request: Request) => void
  /** A call waits no longer. */
  readonly onLeft: () => void
  /** No call waits for a record any more. */
  readonly onEnd: (key: string) => void
}

/**
 * Calls that wait for the records of others. They are looked at at growing intervals, all calls
 * that wait for one record together. A message from the server that runs the other call could be
 * lost, or that server could die, so there would have to be looks anyway.
 */
export class OnceWaits {
  readonly #options: OnceWaitsOptions
  readonly #groups = new Map<string, WaitingGroup>()
  #size = 0

  constructor(options: OnceWaitsOptions) {
    this.#options = options
  }

  /** How many calls wait. */
  get size(): number {
    return this.#size
  }

  /** Those that wait; they may leave meanwhile. */
  *[Symbol.iterator](): Iterator<readonly [WaitingGroup, WaitingCall]> {
    for (const group of this.#groups.values()) for (const call of group.calls) yield [group, call]
  }

  has(key: string): boolean {
    return this.#groups.has(key)
  }

  add(key: string, call: WaitingCall): void {
    const group = this.#groups.get(key) ?? newGroup(key)
    this.#groups.set(key, group)
    group.calls.add(call)
    this.#size++
    if (!group.isLooking && group.timer === undefined) this.#lookLater(group)
  }

  leave(group: WaitingGroup, call: WaitingCall): void {
    if (!group.calls.delete(call)) return
    this.#size--
    if (group.calls.size === 0 && !group.isLooking) this.#end(group)
    this.#options.onLeft()
  }

  /** A record has changed. */
  hurry(key: string): void {
    const group = this.#groups.get(key)
    if (group === undefined) return
    group.isUrgent = true
    group.pauseMs = FIRST_PAUSE_MS
    if (group.isLooking) return
    this.#options.clock.clearTimer(group.timer)
    void this.#look(group)
  }

  #lookLater(group: WaitingGroup): void {
    group.timer = this.#options.clock.setTimer(() => void this.#look(group), group.pauseMs)
    group.pauseMs = longer(group.pauseMs)
  }

  async #look(group: WaitingGroup): Promise<void> {
    const { read, judge, refused } = this.#options
    group.timer = undefined
    group.isLooking = true
    this.#dropExpired(group)
    while (group.calls.size > 0) {
      group.isUrgent = false
      try {
        judge(group, await read(group.key))
      } catch (error) {
        if (isRefused(error)) refused(group, error)
      }
      if (!group.isUrgent) break
    }
    group.isLooking = false
    if (group.calls.size > 0) this.#lookLater(group)
    else this.#end(group)
  }

  #dropExpired(group: WaitingGroup): void {
    const now = this.#options.redisNow()
    for (const call of group.calls) {
      const { deadline } = call.request
      if (deadline === undefined || deadline >= now) continue
      this.leave(group, call)
      this.#options.expired(call.request)
    }
  }

  #end(group: WaitingGroup): void {
    this.#options.clock.clearTimer(group.timer)
    group.timer = undefined
    this.#groups.delete(group.key)
    this.#options.onEnd(group.key)
  }
}

function newGroup(key: string): WaitingGroup {
  const pauseMs = FIRST_PAUSE_MS
  return { key, calls: new Set(), timer: undefined, pauseMs, isLooking: false, isUrgent: false, suspect: '' }
}
