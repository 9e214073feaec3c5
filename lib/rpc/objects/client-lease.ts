import type { Link } from '../../link/link.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import { leaveTable, renewLease, type TableMember } from '../presence/server-table.ts'

/** How long a client counts as alive without a sign of life, in ms. */
const LEASE_MS = 5_000
const RENEWALS = 3
/** The pause after a failed renewal, in ms. */
const RETRY_MS = 250

export interface ClientLeaseOptions {
  /** The table of the service's clients. */
  readonly table: string
  /** The client's 12 characters. */
  readonly id: string
  readonly link: Link
  readonly clock: Clock
  /** Whether the client has lent or borrowed anything. */
  readonly isNeeded: () => boolean
}

/**
 * A client's entry in the table of its service's clients, while it has lent or borrowed something.
 * Servers end the loans of a client that is no longer in the table.
 */
export class ClientLease {
  readonly #options: ClientLeaseOptions
  #member: TableMember | undefined
  #timer: ClockTimer | undefined
  #renewing: Promise<void> | undefined
  #isClosed = false

  constructor(options: ClientLeaseOptions) {
    this.#options = options
  }

  /** Something was lent or borrowed. */
  need(): void {
    if (this.#member === undefined && this.#renewing === undefined && this.#timer === undefined) this.#renew()
  }

  /** Records that the client has left. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#options.clock.clearTimer(this.#timer)
    await this.#renewing
    await this.#leave()
  }

  #renew(): void {
    if (this.#isClosed) return
    this.#renewing = this.#write().then(
      () => this.#wake(LEASE_MS / RENEWALS),
      () => this.#wake(RETRY_MS),
    )
  }

  #wake(delayMs: number): void {
    this.#renewing = undefined
    const { clock } = this.#options
    if (!this.#isClosed) this.#timer = clock.setTimer(this.#tick, delayMs)
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    if (this.#options.isNeeded()) return this.#renew()
    this.#renewing = this.#leave().then(() => {
      this.#renewing = undefined
      if (this.#options.isNeeded()) this.need()
    })
  }

  async #write(): Promise<void> {
    const { link, table, id } = this.#options
    const member = { id, leaseMs: LEASE_MS, life: link.life, connections: link.clientIds }
    const before = this.#member ?? member
    await link.run((redis) => renewLease(redis, table, member, before, () => link.now()))
    this.#member = member
  }

  async #leave(): Promise<void> {
    const { link, table } = this.#options
    const member = this.#member
    this.#member = undefined
    if (member === undefined) return
    await link.run((redis) => leaveTable(redis, table, member, () => link.now())).catch(() => {})
  }
}
