import { Reports } from '../../link/reports.ts'
import type { ClockTimer } from '../../util/clock.ts'
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
  /** The lease had expired: others have the tasks with smaller numbers. */
  readonly onLapsed: (below: number) => void
  /** After each beat that reached Redis. */
  readonly onBeat: () => void
}

/** How many beats per lease, so that one lost or late beat does no harm. */
const BEATS_A_LEASE = 3
const REASON = 'its reader was lost'

/**
 * Regularly announces that this reader is alive, and recovers the tasks of readers that no longer
 * do: they go back to the queue. All readers of a queue do this for each other; none is special.
 */
export class Lease {
  readonly #options: LeaseOptions
  readonly #reports: Reports
  #timer: ClockTimer | undefined
  #beating: Promise<void> | undefined
  #stopped = false

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#reports = new Reports(options.settings.onError)
  }

  /** Starts beating; a second call has no effect. */
  start(): void {
    if (this.#stopped || this.#beating !== undefined || this.#timer !== undefined) return
    this.#beating = this.#beat()
  }

  /** Resolves once no beat is in flight, because it would register a reader that has left. */
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
      // A reader that cannot be recovered must not block the others.
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

  /**
   * The next beat tries again. Errors caused by closing or by an unreachable Redis are reported
   * elsewhere.
   */
  readonly #tell = (error: unknown): void => {
    if (!this.#stopped && error !== this.#options.commands.connection.failure) this.#reports.tell(error as Error)
  }

  /** @returns the readers whose leases have expired */
  async #renew(): Promise<string[]> {
    const { commands, keys, reader, settings, nextNumber, onLapsed } = this.#options
    let below = 0
    const work = {
      what: `renew the lease on ${keys.queue}`,
      keys: { [keys.readers]: 'zset' },
      repeatable: true,
    } as const
    const [registered, ...expired] = await commands.run(work, (redis) => {
      // Redis runs later takes after this beat, in whatever order their replies arrive.
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
