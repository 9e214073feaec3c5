import { type ConnectionError, DeliveryUnknownError, RpcError } from '../../errors.ts'
import { BLOCK_MS, type BlockingReader } from '../../link/blocking-reader.ts'
import { sameFor } from '../../link/redis-failure.ts'
import { Reports } from '../../link/reports.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { pause } from '../../util/pause.ts'
import { setImmediate } from '../../util/timers.ts'
import type { Commands, Work } from '../commands.ts'
import type { Demand } from '../demand.ts'
import type { QueueKeys } from '../keys.ts'
import type { Hand } from './hand.ts'
import type { HeldTask } from './held-task.ts'
import type { ReliableSettings } from './options.ts'
import { MOST_TAKEN, take } from './scripts.ts'

export interface IntakeOptions<T> {
  readonly reader: string
  readonly keys: QueueKeys
  readonly hand: Hand<T>
  readonly demand: Demand<HeldTask<T>>
  readonly commands: Commands
  readonly blocking: BlockingReader
  readonly settings: ReliableSettings
}

/** Numbers under which a take may have put tasks whose reply was lost. */
interface Doubtful {
  readonly first: number
  readonly count: number
  /** By then the old connection is surely dead, and with it a command that was still on its way. */
  readonly until: number
}

const RETRY_MS = 200
const TAKES_AT_ONCE = 2
/** Below this, two takes cost more than the time they save. */
const SMALLEST_HALF = 16

/**
 * Brings tasks from Redis into the hand: as many as are wanted, in one step. Only when there are none it blocks, and not on
 * the hand's behalf: a task that ends the wait goes to a list that is nobody's, from which the next take has it. So a wait can be
 * given up at any time, by this process or by its end, and no task is with somebody who does not know of it.
 */
export class Intake<T> {
  readonly #options: IntakeOptions<T>
  #endOfTurn: NodeJS.Immediate | undefined
  /** Takes on their way, and how many tasks they may bring. */
  #taking = 0
  #coming = 0
  /** The last take has brought fewer than it might. */
  #foundEnd = false
  /** Waiting for a task to arrive, or for a failure to mend. */
  #resting = false
  #idle: Deferred<void> | undefined
  #nextNumber = 1
  #doubtful: Doubtful[] = []
  readonly #reports: Reports
  #closed = false

  constructor(options: IntakeOptions<T>) {
    this.#options = options
    this.#reports = new Reports(options.settings.onError)
  }

  /** The number of the next task to be taken. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /** Takes one task if there is one, without waiting. */
  async takeOne(): Promise<HeldTask<T> | undefined> {
    const { hand } = this.#options
    for (;;) {
      const { first, texts } = await this.#take(1)
      if (texts === undefined) continue
      const [text] = texts
      if (text === undefined) return undefined
      const task = hand.add(first, text)
      if (task !== undefined) return task
    }
  }

  /** More may be wanted, or there is something to acknowledge: both leave at the end of the turn, together. */
  update(): void {
    this.#endOfTurn ??= setImmediate(() => {
      this.#endOfTurn = undefined
      this.#pump()
      this.#options.hand.acks.flush()
    })
  }

  /** Looks for tasks of takes whose replies were lost. */
  async findDoubtful(): Promise<void> {
    const { commands, hand, settings } = this.#options
    for (const range of this.#doubtful) {
      const numbers = Array.from({ length: range.count }, (_, i) => range.first + i)
      const isLastLook = settings.clock.now() >= range.until
      const texts = await commands.run(this.#work('look for tasks of', true), (redis) =>
        redis.hmget(hand.hash, ...numbers.map(String)),
      )
      for (const [i, text] of texts.entries()) {
        const number = range.first + i
        if (text !== null && !hand.has(number)) this.#adopt(number, text)
      }
      if (isLastLook) this.#doubtful = this.#doubtful.filter((each) => each !== range)
    }
  }

  /** Takes no more; resolves once nothing is on its way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#options.blocking.close()
    if (this.#taking === 0 && !this.#resting) return
    this.#idle ??= deferred()
    await this.#idle.promise
  }

  /**
   * Asks for what is wanted, in two halves of what can be handled at a time: while the one is handled, the other is on its way.
   */
  #pump(): void {
    const { demand } = this.#options
    while (!this.#closed && !this.#resting && !this.#foundEnd && this.#taking < TAKES_AT_ONCE) {
      const count = Math.min(demand.wanted - this.#coming, this.#half, MOST_TAKEN)
      if (count < 1) return
      void this.#fetch(count)
    }
    if (this.#foundEnd && this.#taking === 0 && !this.#resting && !this.#closed) void this.#rest()
  }

  async #fetch(count: number): Promise<void> {
    this.#taking++
    this.#coming += count
    let failure: unknown
    try {
      const { first, texts } = await this.#take(count)
      this.#reports.clear()
      this.#coming -= count
      if (texts !== undefined && texts.length < count) this.#foundEnd = true
      if (texts !== undefined) for (let i = 0; i < texts.length; i++) this.#adopt(first + i, texts[i] as string)
    } catch (error) {
      this.#coming -= count
      failure = error
    }
    this.#taking--
    if (failure !== undefined && !this.#resting) await this.#rest(failure)
    this.#next()
  }

  /** Waits for a task to arrive, or for what has failed to mend. */
  async #rest(failure?: unknown): Promise<void> {
    this.#resting = true
    try {
      if (failure !== undefined) throw failure
      if (this.#options.demand.wanted > 0) await this.#await()
    } catch (error) {
      if (!this.#closed) await this.#failed(error)
    }
    this.#resting = false
    this.#foundEnd = false
    this.#next()
  }

  #next(): void {
    if (this.#closed) {
      if (this.#taking === 0 && !this.#resting) this.#idle?.resolve()
    } else if (this.#foundEnd || this.#options.demand.wanted - this.#coming >= this.#half) {
      // At once, not at the end of the turn: Redis works on this half while the other one is handled here.
      this.#pump()
    } else {
      this.update()
    }
  }

  get #half(): number {
    return Math.max(SMALLEST_HALF, Math.ceil(this.#options.demand.capacity / TAKES_AT_ONCE))
  }

  /** @returns the texts taken, numbered from `first`; undefined: the reply was lost, and what it had has been looked for */
  async #take(count: number): Promise<{ readonly first: number; readonly texts: readonly string[] | undefined }> {
    const { reader, keys, hand, commands, settings } = this.#options
    const first = this.#nextNumber
    this.#nextNumber += count
    const names = [keys.queue, keys.arrived, hand.hash, keys.readers]
    const acks = hand.acks.collect()
    try {
      const args = [reader, settings.leaseMs, count, first, ...acks.map((task) => task.number)]
      const [registered, removed, ...texts] = await commands.run(this.#work('take tasks from', false), (redis) =>
        take.run(redis, names, args),
      )
      hand.acks.settle(acks, removed)
      if (registered === 1) hand.loseBelow(first)
      return { first, texts }
    } catch (error) {
      const wasSent = error instanceof DeliveryUnknownError
      void hand.acks.send(acks, wasSent)
      if (!wasSent) throw error
      this.#doubtful.push({ first, count, until: settings.clock.now() + settings.leaseMs })
      await this.findDoubtful()
      return { first, texts: undefined }
    }
  }

  #adopt(number: number, text: string): void {
    const { hand, demand } = this.#options
    const task = hand.add(number, text)
    if (task !== undefined && !demand.give(task)) hand.keepForOthers(task)
  }

  /** Waits until there is a task. */
  async #await(): Promise<void> {
    const { keys, demand, commands, blocking } = this.#options
    let arrived: unknown
    try {
      arrived = await blocking.read((redis) =>
        redis.blmove(keys.queue, keys.arrived, 'RIGHT', 'LEFT', BLOCK_MS / 1_000),
      )
    } catch (error) {
      throw await commands.toError(error, this.#work('wait for tasks of', true))
    }
    if (arrived === null || demand.wanted > 0) return
    // Nobody here wants it any more. Back to where others, plain readers too, see it.
    await commands.run(this.#work('give a task back to', true), async (redis) => {
      while ((await redis.lmove(keys.arrived, keys.queue, 'LEFT', 'RIGHT')) !== null);
    })
  }

  async #failed(error: unknown): Promise<void> {
    const { demand, commands, settings } = this.#options
    if (!(error instanceof RpcError)) throw error
    switch (error.code) {
      case 'ERR_CONNECTION':
        demand.fail(() => sameFor(error as ConnectionError))
        // That it cannot be reached, the connection tells; a refusal is told here.
        if (commands.connection.failure === undefined) this.#reports.tell(error)
        break
      case 'ERR_WRONG_TYPE':
      case 'ERR_UNSUPPORTED':
        demand.failAll(error)
        break
      default:
        this.#reports.tell(error)
    }
    await pause(settings.clock, RETRY_MS)
  }

  #work(what: string, repeatable: boolean): Work {
    const { keys, hand } = this.#options
    const types = { [keys.queue]: 'list', [keys.arrived]: 'list', [hand.hash]: 'hash', [keys.readers]: 'zset' } as const
    return { what: `${what} ${keys.queue}`, keys: types, repeatable }
  }
}
