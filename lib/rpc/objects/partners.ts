import type { Link } from '../../link/link.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import { endpointId } from '../../wire/keys.ts'
import { SeenServers } from '../presence/seen-servers.ts'
import { lookAtServers } from '../presence/server-table.ts'

/** How often the table of the partners is read, in ms; sooner while calls wait for one. */
const LOOK_EVERY_MS = 2_000
const LOOK_SOON_MS = 1_000
/** The pause after a failed look, in ms. */
const RETRY_MS = 500

export interface PartnersOptions {
  /** The table in which the endpoints of the other side register. */
  readonly table: string
  readonly link: Link
  readonly clock: Clock
  /** The lists of the endpoints with loans or calls in either direction. */
  readonly current: () => ReadonlySet<string>
  /** Whether a call waits for one of them. */
  readonly isUrgent: () => boolean
  /** An endpoint closed, or its lease expired. */
  readonly onGone: (list: string, how: 'left' | 'lost') => void
}

/**
 * Watches whether the endpoints of the other side that this one deals with are alive. It does
 * nothing while there are none.
 */
export class Partners {
  readonly #options: PartnersOptions
  readonly #seen = new SeenServers()
  #timer: ClockTimer | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #isLooking = false
  #isClosed = false

  constructor(options: PartnersOptions) {
    this.#options = options
  }

  /** There may be a new one, or a call waits for one. */
  watch(): void {
    const { clock, isUrgent } = this.#options
    this.#wake(clock.now() + (isUrgent() ? LOOK_SOON_MS : LOOK_EVERY_MS))
  }

  close(): void {
    this.#isClosed = true
    this.#options.clock.clearTimer(this.#timer)
  }

  #wake(at: number): void {
    const { clock } = this.#options
    if (this.#isClosed || this.#isLooking || this.#dueAt <= at) return
    clock.clearTimer(this.#timer)
    this.#dueAt = at
    this.#timer = clock.setTimer(this.#tick, Math.max(0, at - clock.now()))
  }

  readonly #tick = (): void => {
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#isLooking = true
    this.#look().then(
      () => this.#next(undefined),
      () => this.#next(RETRY_MS),
    )
  }

  #next(delayMs: number | undefined): void {
    this.#isLooking = false
    const { current, clock } = this.#options
    if (this.#isClosed || current().size === 0) return
    if (delayMs === undefined) this.watch()
    else this.#wake(clock.now() + delayMs)
  }

  async #look(): Promise<void> {
    const { clock, link, table, current, onGone } = this.#options
    const lists = new Map([...current()].map((list) => [endpointId(list), list]))
    const now = clock.now()
    // An endpoint that has not registered yet gets one lease to do so.
    for (const id of lists.keys()) this.#seen.hear(id, now, Number.POSITIVE_INFINITY, now)
    const connectedAt = link.connectedAt
    if (connectedAt === undefined) throw new Error('not connected')
    const look = await link.run((redis) => lookAtServers(redis, table, () => link.now()))
    this.#seen.look(look, now, connectedAt)
    for (const { id, state } of this.#seen.all) {
      const list = lists.get(id)
      if (list !== undefined && (state === 'left' || state === 'lost')) onGone(list, state)
    }
  }
}
