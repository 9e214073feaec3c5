import type { BlockingReader } from '../../link/blocking-reader.ts'
import type { Clock } from '../../util/clock.ts'
import { setImmediate } from '../../util/timers.ts'
import { waitAtMost } from '../../util/within.ts'
import type { Commands } from '../commands.ts'
import { CLOSE_MS } from '../options.ts'
import type { Consumers } from './consumers.ts'
import type { Delivery, Tag } from './delivery.ts'
import { InFlight } from './in-flight.ts'
import type { PendingList } from './pending-list.ts'
import { ReadFailures } from './read-failures.ts'
import type { Feed } from './reader.ts'

export interface FetcherOptions<R, D extends Delivery> {
  readonly consumers: Consumers<D>
  readonly pending: PendingList<R, D>
  readonly commands: Commands
  readonly blocking: BlockingReader
  readonly settings: { readonly clock: Clock; readonly onError: (error: Error) => void }
}

/** Fetches items that stay in Redis until they are acknowledged. */
export abstract class Fetcher<R, D extends Delivery> implements Feed<D> {
  readonly commands: Commands
  protected readonly consumers: Consumers<D>
  protected readonly blocking: BlockingReader
  protected readonly clock: Clock
  protected readonly inFlight: InFlight<R, D>
  protected readonly failures: ReadFailures
  protected isClosed = false
  #isStarted = false
  #endOfTurn: NodeJS.Immediate | undefined

  constructor(options: FetcherOptions<R, D>) {
    const { consumers, commands, blocking, settings } = options
    this.consumers = consumers
    this.commands = commands
    this.blocking = blocking
    this.clock = settings.clock
    this.inFlight = new InFlight({ ...options, ...settings, schedule: () => this.update() })
    this.failures = new ReadFailures(consumers, { ...settings, commands })
  }

  start(): void {
    this.#isStarted = true
  }

  /**
   * More may be wanted, or there is something to acknowledge; both are sent together at the end of
   * the turn.
   */
  update(): void {
    this.#endOfTurn ??= setImmediate(() => {
      this.#endOfTurn = undefined
      this.endTurn()
    })
  }

  /** Resolves once nothing is in flight to Redis. */
  settled(): Promise<void> {
    return this.inFlight.settled()
  }

  async stop(): Promise<void> {}

  async close(): Promise<void> {
    await waitAtMost(this.clock, CLOSE_MS, this.#leave())
    this.inFlight.close()
    this.commands.close()
  }

  abstract takeOne(): Promise<D | undefined>

  /** Requests wanted items and sends acknowledgements. */
  protected abstract endTurn(): void

  /** Resolves once nothing is being taken. */
  protected abstract stopped(): Promise<void>

  /** Returns unacknowledged items in Redis. */
  protected abstract leave(): Promise<unknown>

  /** Passes on an item that was taken. */
  protected deliver(tag: Tag, raw: R, attempt: number): void {
    const delivery = this.inFlight.add(tag, raw, attempt)
    if (delivery !== undefined && !this.consumers.give(delivery)) this.inFlight.keepForOthers(tag)
  }

  async #leave(): Promise<void> {
    this.isClosed = true
    this.blocking.close()
    await this.stopped()
    if (!this.#isStarted) return
    await this.inFlight.settled()
    await this.leave()
  }
}
