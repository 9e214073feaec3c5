import { isRpcError } from '../../errors.ts'
import { toCallerError } from '../../link/redis-failure.ts'
import { Reports } from '../../link/reports.ts'
import type { RedisLife } from '../../link/source.ts'
import { type Clock, type ClockTimer, systemClock } from '../../util/clock.ts'
import { Pauses } from '../../util/pauses.ts'
import { KNOWN_MS, type MetServer, MetServers } from './met-servers.ts'
import {
  leaveTable,
  type Renewal,
  renewLease,
  type TableEntry,
  type TableLook,
  type TableMember,
} from './server-table.ts'
import type { ServiceEntry } from './service-list.ts'

export interface PresenceOptions {
  /** The server's 12 characters. */
  readonly id: string
  /** The table of the service's servers. */
  readonly table: string
  readonly leaseMs: number
  /** Runs commands; rejects if there is no connection, or if it is lost. */
  readonly run: <T>(commands: (redis: RedisLife) => Promise<T>) => Promise<T>
  readonly isConnected: () => boolean
  /** Estimate of Redis's clock, used if TIME is not allowed. */
  readonly redisNow: () => number
  /** The Redis this process is connected to, and the ids of its connections there. */
  readonly connected: () => { readonly life: string; readonly connections: readonly number[] }
  /** Sends `rpc.hello` to another server; resolves with whether it answered. */
  readonly greet: (id: string) => Promise<boolean>
  /** Whether Redis certainly has no connection of another server; undefined: unknown. */
  readonly isAlone: () => Promise<boolean | undefined>
  /**
   * The lease may have expired and is about to be valid again: requests taken before must not be
   * begun (rule R3).
   */
  readonly beforeReturn: () => Promise<void>
  readonly onReturned: () => void
  /** A renewal has succeeded that began at this time. */
  readonly onRenewal: (began: number) => void
  readonly onError: (error: Error) => void
  /** Maintains the service in the list of services. */
  readonly entry: Pick<ServiceEntry, 'renew' | 'leave'>
  readonly clock: Clock
}

/** How many times a lease is renewed before it would expire. */
const RENEWALS = 3
const CHECK_EVERY_MS = 200
/** The pause after a failed renewal, in ms. */
const RETRY_MS = 250
/**
 * A server's entry in the table of its service: its lease, and which other servers it has met
 * (rules R1 to R3 of `docs/delivery.md`). The lease is measured on this process's own monotonic
 * clock, so that no server acts on an expired lease after a pause of the process or a change of
 * Redis's clock.
 */
export class Presence {
  readonly id: string
  readonly #options: PresenceOptions
  readonly #reports: Reports
  /** When it joined. */
  #joinedAt = Number.POSITIVE_INFINITY
  readonly #met: MetServers
  /** Servers that have not answered a greeting yet. */
  readonly #ungreeted = new Set<string>()
  /** It has met every server that took a call sent since then. */
  #vouchesSince = Number.POSITIVE_INFINITY
  /**
   * Since when its member has been in the table without interruption. For one lease after that,
   * others may not have come back yet.
   */
  #presentSince = Number.POSITIVE_INFINITY
  /** When the latest successful renewal began. */
  #renewedAt = Number.NEGATIVE_INFINITY
  #validUntil = Number.NEGATIVE_INFINITY
  /** Until then the lease is certainly valid. */
  #checkedUntil = Number.NEGATIVE_INFINITY
  /** The same on the wall clock, which continues while the machine is suspended. */
  #validUntilWall = Number.NEGATIVE_INFINITY
  #member: TableMember | undefined
  #timer: ClockTimer | undefined
  #renewing: Promise<void> | undefined
  /** Whether some servers do not know it yet, at the start or after its lease expired. */
  #isIntroducing = true
  /** How often its lease has expired. */
  #lapses = 0
  #isLeaving = false
  #isJoiningStopped = false
  readonly #pauses: Pauses

  constructor(options: PresenceOptions) {
    this.id = options.id
    this.#options = options
    this.#reports = new Reports(options.onError)
    this.#pauses = new Pauses(options.clock)
    // It cannot say that it knows of all any more.
    this.#met = new MetServers(options.id, options.leaseMs, (now) => {
      this.#vouchesSince = now
    })
  }

  /**
   * Whether it may act: its lease is certainly valid, and every other live server knows it. This is
   * called for every call, so the wall clock, which continues while the machine is suspended, is
   * read only a few times per second.
   */
  isValid(now: number): boolean {
    if (now < this.#checkedUntil) return true
    const isValid = now < this.#validUntil && !this.#isIntroducing && systemClock.now() < this.#validUntilWall
    this.#checkedUntil = isValid ? Math.min(now + CHECK_EVERY_MS, this.#validUntil) : Number.NEGATIVE_INFINITY
    return isValid
  }

  /** Every other server that this one has met. */
  met(now: number): MetServer[] {
    return this.#met.list(now)
  }

  /**
   * How far back it has met every other server, in ms; 0: it cannot say yet (rule R8). `settlesMs`
   * is how long that will last.
   */
  vouching(now: number): { readonly gaplessMs: number; readonly settlesMs: number } {
    const settlesMs = Math.max(0, this.#presentSince + this.#options.leaseMs - now)
    if (settlesMs > 0 || this.#vouchesSince === Number.POSITIVE_INFINITY) return { gaplessMs: 0, settlesMs }
    return { gaplessMs: Math.max(0, Math.min(now - this.#vouchesSince, KNOWN_MS)), settlesMs: 0 }
  }

  /** Another server has said hello. */
  meet(id: string): void {
    this.#met.meet(id, this.#options.clock.now())
  }

  /** Whether another server has left, or its lease has run out, as far as the latest renewal shows. */
  isGone(id: string): boolean {
    return this.#met.isGone(id, this.#joinedAt, this.#renewedAt)
  }

  /**
   * Joins the table; resolves once every live server knows this one.
   * @throws Redis's error if it refuses
   */
  async join(): Promise<void> {
    const { clock, leaseMs, isAlone } = this.#options
    const asked = clock.now()
    const renewal = await this.#write()
    this.#joinedAt = asked
    this.#schedule(leaseMs / RENEWALS)
    // A table that has just been emptied shows no servers, even if some are alive and have not
    // renewed their leases yet.
    const hasOthers = others(renewal, this.id).some(({ life }) => life === this.#member?.life)
    const isSettled = hasOthers || (await isAlone().catch(() => undefined)) === true
    this.#vouchesSince = isSettled ? asked : asked + leaseMs
    this.#presentSince = isSettled ? Number.NEGATIVE_INFINITY : asked
    const lapses = this.#lapses
    await this.#introduceTo(renewal)
    this.#introduced(lapses)
  }

  /** Renews the lease immediately, after a reconnection or a pause. */
  renew(): Promise<void> {
    if (this.#member === undefined || this.#isLeaving) return Promise.resolve()
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  /** Renews with a look that begins now; false if that failed. */
  async refresh(): Promise<boolean> {
    const asked = this.#options.clock.now()
    await this.#renewing
    await this.renew()
    return this.#renewedAt >= asked
  }

  /** Leaves the table normally. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#pauses.close()
    this.#options.clock.clearTimer(this.#timer)
    await this.#renewing
    const { run, table, redisNow, entry } = this.#options
    const member = this.#member
    if (member === undefined) return
    const isLast = await run((redis) => leaveTable(redis, table, member, redisNow)).catch(() => false)
    await entry.leave(isLast)
  }

  /** Stops waiting for other servers. */
  stopJoining(): void {
    this.#isJoiningStopped = true
    this.#pauses.close()
  }

  async #renew(): Promise<void> {
    const { clock, leaseMs, isConnected, table } = this.#options
    // A reconnection renews the lease.
    if (!isConnected()) return this.#schedule(RETRY_MS)
    const asked = clock.now()
    const [until, untilWall] = [this.#validUntil, this.#validUntilWall]
    const isHeld = (): boolean => clock.now() < until && systemClock.now() < untilWall
    const wasValid = isHeld()
    if (!wasValid) this.#lapse()
    try {
      const { wasThere, ...look } = await this.#write()
      this.#reports.clear()
      // The lease may have expired only while this process was suspended in the middle of this.
      if (!wasThere) this.#presentSince = clock.now()
      // While the lease was expired, others could join without a hello. If the table was emptied
      // too, they may have gone unnoticed.
      if (!wasThere && !isHeld()) this.#vouchesSince = clock.now() + leaseMs
      for (const { id } of others(look, this.id)) if (this.#ungreeted.has(id)) void this.#greet(id)
      this.#schedule(leaseMs / RENEWALS)
      this.#options.onRenewal(asked)
      if (!wasValid) this.#comeBack(look)
    } catch (error) {
      // A lost connection is reported elsewhere.
      if (isConnected()) {
        this.#reports.tell(isRpcError(error) ? error : toCallerError(error, `renew the lease in ${table}`))
      }
      this.#schedule(RETRY_MS)
    }
  }

  /** No call begins until the others know that it is back. */
  #lapse(): void {
    this.#lapses++
    this.#isIntroducing = true
    this.#checkedUntil = Number.NEGATIVE_INFINITY
  }

  /** Some servers considered it dead; they must learn that it is back before it does anything. */
  #comeBack(look: TableLook): void {
    const { beforeReturn, onReturned, onError } = this.#options
    const lapses = this.#lapses
    this.#introduceTo(look)
      .then(beforeReturn)
      .then(() => {
        if (this.#introduced(lapses)) onReturned()
      })
      .catch(onError)
  }

  /**
   * All others know it; false if its lease has expired again since, so that it must introduce
   * itself again.
   */
  #introduced(lapses: number): boolean {
    if (lapses !== this.#lapses) return false
    this.#isIntroducing = false
    return true
  }

  async #write(): Promise<Renewal> {
    const { clock, leaseMs, table, connected, run, redisNow, entry } = this.#options
    const asked = clock.now()
    const askedWall = systemClock.now()
    const member = { id: this.id, leaseMs, ...connected() }
    const before = this.#member ?? member
    const renewal = await run((redis) => renewLease(redis, table, member, before, redisNow))
    this.#member = member
    this.#renewedAt = asked
    this.#validUntil = asked + leaseMs
    this.#validUntilWall = askedWall + leaseMs
    this.#met.observe(renewal, clock.now())
    entry.renew(renewal.now)
    return renewal
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#options
    clock.clearTimer(this.#timer)
    if (!this.#isLeaving) this.#timer = clock.setTimer(() => void this.renew(), delayMs)
  }

  /** Resolves once every live server knows this one. */
  async #introduceTo(look: TableLook): Promise<void> {
    await Promise.all(others(look, this.id).map((entry) => this.#introduce(entry)))
  }

  /** Resolves once a server knows this one or is certainly gone. */
  async #introduce(entry: TableEntry): Promise<void> {
    const { clock } = this.#options
    const end = clock.now() + entry.leaseMs
    this.#ungreeted.add(entry.id)
    for (;;) {
      if (await anyOf(this.#greet(entry.id), this.#isGone(entry))) return
      // By then its lease has expired, or it is alive but does not answer; then its own look will
      // show this server.
      if (clock.now() >= end || this.#isLeaving || this.#isJoiningStopped) return
      await this.#pauses.wait(RETRY_MS)
    }
  }

  async #greet(id: string): Promise<boolean> {
    const isKnown = await this.#options.greet(id)
    if (isKnown) this.#ungreeted.delete(id)
    return isKnown
  }

  /** Whether Redis says that none of a server's connections exist any more. */
  async #isGone(entry: TableEntry): Promise<boolean> {
    const { life, connections } = this.#options.connected()
    if (connections.length === 0 || entry.connections.length === 0 || entry.life !== life) return false
    try {
      const list = await this.#options.run((redis) =>
        redis.isCluster ? Promise.resolve('?') : redis.call('CLIENT', 'LIST', 'ID', ...entry.connections.map(String)),
      )
      return typeof list === 'string' && list.trim() === ''
    } catch {
      // Forbidden, or Redis is older than 6.2; then its lease decides.
      return false
    }
  }
}

function others({ entries, now }: TableLook, own: string): TableEntry[] {
  return entries.filter(({ id, score }) => id !== own && score > now)
}

/** Resolves with true as soon as one check does, otherwise with false once all have ended. */
async function anyOf(...checks: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let open = checks.length
    for (const check of checks) {
      check.then((is) => (is ? resolve(true) : --open === 0 && resolve(false)), reject)
    }
  })
}
