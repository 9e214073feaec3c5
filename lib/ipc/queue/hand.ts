import { randomUUID } from 'node:crypto'
import { ClosedError, type InvalidDataError, LeaseLostError } from '../../errors.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import type { Commands, Work } from '../commands.ts'
import type { Contents } from '../content.ts'
import { DueTimer } from '../due-timer.ts'
import type { NackOptions } from '../held.ts'
import type { QueueKeys } from '../keys.ts'
import { keptMilliseconds } from '../options.ts'
import { Acks } from './acks.ts'
import { HeldTask, type TaskKeeper } from './held-task.ts'
import type { ReliableSettings } from './options.ts'
import { type GiveBackTo, giveBack } from './scripts.ts'
import { failedAttempts, readTask } from './task.ts'

export interface HandOptions<T> {
  readonly keys: QueueKeys
  /** Key of the hash that has what is in this hand. */
  readonly hash: string
  readonly commands: Commands
  readonly contents: Contents<T>
  readonly settings: ReliableSettings
  /** There are acknowledgements to send at the end of the turn. */
  readonly schedule: () => void
  /** A task was delayed by so many ms. */
  readonly onDelayed: (delayMs: number) => void
}

/** Where a task goes and why. */
interface Return {
  readonly to: GiveBackTo
  readonly reason: string
}

/** The tasks that one reliable reader has, in this process and in Redis: what is here is in the hash too, by the same number. */
export class Hand<T> implements TaskKeeper<T> {
  /** The queue's name. */
  readonly key: string
  /** Key of the hash that has what is in this hand. */
  readonly hash: string
  readonly visibilityTimeoutMs: number
  readonly acks: Acks<T>
  readonly #options: HandOptions<T>
  readonly #tasks = new Map<number, HeldTask<T>>()
  readonly #due: DueTimer<HeldTask<T>>
  /** On their way back; in Redis's hash they may be still. */
  readonly #leaving = new Set<number>()
  /** What nobody here has any more and Redis has refused to take back; it is offered again with each beat. */
  readonly #refused = new Map<number, Return>()
  #returning = 0
  #idle: Deferred<void> | undefined
  #closed = false

  constructor(options: HandOptions<T>) {
    this.#options = options
    this.key = options.keys.queue
    this.hash = options.hash
    this.visibilityTimeoutMs = options.settings.visibilityTimeoutMs
    this.#due = new DueTimer(
      options.settings.clock,
      () => this.#tasks.values(),
      (task) => this.#overdue(task),
    )
    this.acks = new Acks({
      key: this.key,
      hash: this.hash,
      commands: options.commands,
      schedule: options.schedule,
      onSettled: (task) => {
        if (!task.isHeld && !this.acks.owes(task)) this.#tasks.delete(task.number)
        this.#notifyIdle()
      },
      onError: options.settings.onError,
    })
  }

  /** Takes what Redis has put into the hash. @returns undefined when it is no task: then it goes to the dead letters */
  add(number: number, text: string): HeldTask<T> | undefined {
    try {
      const task = readTask(text, this.key, this.#options.contents)
      const held = new HeldTask(this, number, task, failedAttempts(text) + 1)
      this.#tasks.set(number, held)
      this.watch(held)
      return held
    } catch (error) {
      const { message } = error as InvalidDataError
      this.#options.settings.onError(error as Error)
      this.#return(number, { to: 'dead', reason: message })
      return undefined
    }
  }

  /** Whether it is here, or was and Redis may not know yet that it is no more. */
  has(number: number): boolean {
    return this.#tasks.has(number) || this.#leaving.has(number) || this.#refused.has(number)
  }

  /** Redis has given the tasks with numbers below that to others, since the lease ran out. */
  loseBelow(below: number): void {
    for (const [number, task] of this.#tasks) if (number < below) this.#lose(number, task, 'its reader counted as lost')
    for (const number of this.#refused.keys()) if (number < below) this.#refused.delete(number)
  }

  /** Gives one back at once and without counting an attempt: nobody here wants it. */
  keepForOthers(task: HeldTask<T>): void {
    this.#lose(task.number, task, 'nobody waited for it')
    this.#return(task.number, { to: 'kept', reason: '' })
  }

  /** Offers Redis again what it has refused: to take something back, or to forget it. */
  offerAgain(): void {
    for (const [number, it] of this.#refused) this.#return(number, it)
    this.acks.offerAgain()
  }

  watch(task: HeldTask<T>, timeoutMs: number = this.visibilityTimeoutMs): void {
    this.#due.watch(task, timeoutMs)
  }

  ack(task: HeldTask<T>): Promise<void> {
    return this.acks.add(task)
  }

  ackUnwatched(task: HeldTask<T>): void {
    this.acks.addUnwatched(task)
  }

  async nack(task: HeldTask<T>, { delayMs, reason = 'not acknowledged' }: NackOptions): Promise<void> {
    const delay = keptMilliseconds('delayMs', delayMs, 0, 0)
    await this.#settle(task, delay > 0 ? 'delayed' : 'back', String(reason), delay)
  }

  async deadLetter(task: HeldTask<T>, reason: string): Promise<void> {
    await this.#settle(task, 'dead', String(reason))
  }

  /** Resolves once nothing is on its way to Redis any more. */
  settled(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  /** What is still here is not this reader's any more; Redis is told by others. */
  close(): void {
    this.#closed = true
    this.#due.stop()
    for (const [number, task] of this.#tasks) this.#lose(number, task, 'its reader was closed')
    this.acks.close()
    this.#notifyIdle()
  }

  #overdue(task: HeldTask<T>): void {
    const reason = `not acknowledged within ${task.timeoutMs} ms`
    this.#lose(task.number, task, reason)
    this.#return(task.number, { to: 'back', reason })
  }

  #lose(number: number, task: HeldTask<T>, reason: string): void {
    this.#tasks.delete(number)
    task.lose(reason)
  }

  async #settle(task: HeldTask<T>, to: GiveBackTo, reason: string, delayMs = 0): Promise<void> {
    if (this.#closed) throw new ClosedError(`the reader of ${this.key} is closed`)
    const outcome = await this.#giveBack(task.number, to, reason, delayMs)
    this.#tasks.delete(task.number)
    if (outcome === 'gone') throw this.#gone(task)
    if (to === 'delayed') this.#options.onDelayed(delayMs)
  }

  /** Gives one back with nobody who waits for it. Redis may refuse just now: it is out of memory, or cannot write to its disk. */
  #return(number: number, it: Return): void {
    const isNews = !this.#refused.delete(number)
    this.#giveBack(number, it.to, it.reason).catch((error: Error) => {
      if (this.#closed) return
      this.#refused.set(number, it)
      if (isNews) this.#options.settings.onError(error)
    })
  }

  async #giveBack(number: number, to: GiveBackTo, reason: string, delayMs = 0): Promise<'done' | 'gone'> {
    const { keys, commands, settings } = this.#options
    const names = [this.hash, keys.queue, keys.delayed, keys.dead]
    this.#returning++
    this.#leaving.add(number)
    try {
      return await commands.run(this.#work('give a task back to'), async (redis, repeated) => {
        const args = [number, to, settings.maxAttempts, reason, delayMs, randomUUID(), keys.dueChannel]
        const outcome = await giveBack.run(redis, names, args)
        return outcome === 0 && !repeated ? 'gone' : 'done'
      })
    } finally {
      this.#leaving.delete(number)
      this.#returning--
      this.#notifyIdle()
    }
  }

  #gone(task: HeldTask<T>): LeaseLostError {
    const error = new LeaseLostError(this.key, task.uuid, 'it had gone back to the queue before')
    task.lose('it had gone back to the queue')
    return error
  }

  #work(what: string): Work {
    const { keys } = this.#options
    return {
      what: `${what} ${this.key}`,
      keys: { [this.hash]: 'hash', [keys.queue]: 'list', [keys.delayed]: 'zset', [keys.dead]: 'stream' },
      repeatable: true,
      persistent: true,
    }
  }

  get #isIdle(): boolean {
    return this.acks.isEmpty && this.#returning === 0
  }

  #notifyIdle(): void {
    if (!this.#isIdle) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
