import { Reports } from '../../link/reports.ts'
import type { Timer } from '../../util/clock.ts'
import type { Commands } from '../commands.ts'
import { inFlightKey, type QueueKeys } from '../keys.ts'
import type { ReliableSettings } from './options.ts'
import { beat, recover } from './scripts.ts'

export interface LeaseOptions {
  readonly reader: string
  readonly keys: QueueKeys
  readonly commands: Commands
  readonly settings: ReliableSettings
  /** The number of the next task to be taken. */
  readonly nextNumber: () => number
  /** The lease had run out: others have the tasks with numbers below that. */
  readonly onLapsed: (below: number) => void
  /** After each beat that reached Redis. */
  readonly onBeat: () => void
}

/** Beats a lease, so that one beat that is lost, or late, does no harm. */
const BEATS_A_LEASE = 3
const REASON = 'its reader was lost'

/**
 * Says again and again that this reader is alive, and looks after those that do not say so any more: whatever such a
 * reader had goes back to the queue. All readers of a queue look after each other; none is special.
 */
export class Lease {
  readonly #options: LeaseOptions
  readonly #reports: Reports
  #timer: Timer | undefined
  #beating: Promise<void> | undefined
  #stopped = false

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#reports = new Reports(options.settings.onError)
  }

  /** Beats now and from now on; a second call changes nothing. */
  start(): void {
    if (this.#stopped || this.#beating !== undefined || this.#timer !== undefined) return
    this.#beating = this.#beat()
  }

  /** Resolves once no beat is on its way: it would register a reader that has left. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#options.settings.clock.clearTimer(this.#timer)
    await this.#beating
  }

  async #beat(): Promise<void> {
    const { settings } = this.#options
    try {
      const expired = await this.#renew()
      if (expired.length === 0) this.#reports.clear()
      // One that cannot be recovered must not stand before the others.
      for (const reader of expired) await this.#recover(reader).catch(this.#tell)
      this.#options.onBeat()
    } catch (error) {
      this.#tell(error)
    }
    this.#beating = undefined
    if (this.#stopped) return
    const periodMs = Math.ceil(settings.leaseMs / BEATS_A_LEASE)
    this.#timer = settings.clock.setTimer(() => {
      this.#beating = this.#beat()
    }, periodMs)
  }

  /** The next beat tries again. Closing is no news, and that Redis cannot be reached is told already. */
  readonly #tell = (error: unknown): void => {
    if (!this.#stopped && error !== this.#options.commands.connection.failure) this.#reports.tell(error as Error)
  }

  /** @returns the readers whose leases have run out */
  async #renew(): Promise<string[]> {
    const { commands, keys, reader, settings, nextNumber, onLapsed } = this.#options
    let below = 0
    const work = {
      what: `renew the lease on ${keys.queue}`,
      keys: { [keys.readers]: 'zset' },
      repeatable: true,
    } as const
    const [registered, ...expired] = await commands.run(work, (redis) => {
      // What is taken later than this beat, Redis runs later too, whatever the order in which we hear of both.
      below = nextNumber()
      return beat.run(redis, [keys.readers], [reader, settings.leaseMs])
    })
    if (registered === 1) onLapsed(below)
    return expired
  }

  async #recover(lost: string): Promise<void> {
    const { commands, keys, settings } = this.#options
    const hash = inFlightKey(keys.queue, lost)
    const work = {
      what: `recover the tasks of a lost reader of ${keys.queue}`,
      keys: {
        [keys.readers]: 'zset',
        [hash]: 'hash',
        [keys.queue]: 'list',
        [keys.dead]: 'stream',
        [keys.arrived]: 'list',
      },
      repeatable: true,
    } as const
    const names = [keys.readers, hash, keys.queue, keys.dead, keys.arrived]
    await commands.run(work, (redis) => recover.run(redis, names, [lost, settings.maxAttempts, REASON]))
  }
}
