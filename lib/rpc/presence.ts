import { Reports } from '../link/reports.ts'
import type { RedisLife } from '../link/source.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { pause } from '../util/pause.ts'
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
  /** Runs commands, and rejects when there is no connection, or it is lost meanwhile. */
  readonly run: <T>(commands: (redis: RedisLife) => Promise<T>) => Promise<T>
  readonly isConnected: () => boolean
  /** What Redis's clock is taken to be, where it may not be asked. */
  readonly redisNow: () => number
  /** Which Redis this process is connected to, and as which of its clients. */
  readonly connected: () => { readonly life: string; readonly connections: readonly number[] }
  /** Says `rpc.hello` to another server; resolves with whether it has answered. */
  readonly greet: (id: string) => Promise<boolean>
  /** Whether Redis surely has no other server's connection; undefined: it does not say. */
  readonly isAlone: () => Promise<boolean | undefined>
  /** The lease may have run out, and is about to be valid again: what was taken before must not be begun (rule R3). */
  readonly beforeReturn: () => Promise<void>
  readonly onReturned: () => void
  /** A renewal has succeeded that began at this time. */
  readonly onRenewal: (began: number) => void
  readonly onError: (error: Error) => void
  /** Shows the service to whoever asks which there are. */
  readonly entry: Pick<ServiceEntry, 'renew' | 'leave'>
  readonly clock: Clock
}

/** A lease is renewed so many times before it would run out. */
const RENEWALS = 3
const CHECK_EVERY_MS = 200
/** After a renewal that failed. */
const RETRY_MS = 250
/**
 * A server's place in the table of its service: its lease, and which other servers it has met (rules R1 to R3 of
 * `docs/delivery.md`). What the lease says is judged by this process's own steady clock, so that a process that was paused, or a Redis whose
 * clock was set, makes nobody act on a lease that is over.
 */
export class Presence {
  readonly id: string
  readonly #options: PresenceOptions
  readonly #reports: Reports
  /** When it took its place. */
  #joinedAt = Number.POSITIVE_INFINITY
  readonly #met: MetServers
  /** Servers that have not answered a greeting yet. */
  readonly #ungreeted = new Set<string>()
  /** It has met every server that took a call which was sent since then. */
  #vouchesSince = Number.POSITIVE_INFINITY
  /** Since when its member has been in the table without a gap; within a lease of that others may not have come back yet. */
  #presentSince = Number.POSITIVE_INFINITY
  /** When the latest renewal that succeeded began. */
  #renewedAt = Number.NEGATIVE_INFINITY
  #validUntil = Number.NEGATIVE_INFINITY
  /** Until then it surely is. */
  #checkedUntil = Number.NEGATIVE_INFINITY
  /** The same on the clock that goes on while the machine is suspended. */
  #validUntilWall = Number.NEGATIVE_INFINITY
  #member: TableMember | undefined
  #timer: Timer | undefined
  #renewing: Promise<void> | undefined
  /** Until it is known by all, at first and after its lease had run out. */
  #isIntroducing = true
  /** How often its lease was found to be over. */
  #lapses = 0
  #isLeaving = false
  #isJoiningStopped = false

  constructor(options: PresenceOptions) {
    this.id = options.id
    this.#options = options
    this.#reports = new Reports(options.onError)
    // It cannot say that it knows of all any more.
    this.#met = new MetServers(options.id, options.leaseMs, (now) => {
      this.#vouchesSince = now
    })
  }

  /**
   * Whether it may act: its lease surely has not run out, and every other live server knows of it. It is asked for every call, so the wall
   * clock, which goes on while the machine is suspended, is looked at a few times a second only.
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
   * How far back it has met every other server, in ms; 0: it cannot say yet (rule R8).
   * `settlesMs` tells how long that lasts.
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
   * Takes a place in the table, and resolves once every live server knows of this one.
   * @throws what Redis refuses it with
   */
  async join(): Promise<void> {
    const { clock, leaseMs, isAlone } = this.#options
    const asked = clock.now()
    const renewal = await this.#write()
    this.#joinedAt = asked
    this.#schedule(leaseMs / RENEWALS)
    // A table that has just been emptied shows nobody, though there may be servers that have not renewed their leases yet.
    const hasOthers = others(renewal, this.id).some(({ life }) => life === this.#member?.life)
    const isSettled = hasOthers || (await isAlone().catch(() => undefined)) === true
    this.#vouchesSince = isSettled ? asked : asked + leaseMs
    this.#presentSince = isSettled ? Number.NEGATIVE_INFINITY : asked
    const lapses = this.#lapses
    await this.#introduceTo(renewal)
    this.#introduced(lapses)
  }

  /** Renews the lease now: after a reconnect, or after a pause. */
  renew(): Promise<void> {
    if (this.#member === undefined || this.#isLeaving) return Promise.resolve()
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  /** Renews by a look that begins now; false if that did not succeed. */
  async refresh(): Promise<boolean> {
    const asked = this.#options.clock.now()
    await this.#renewing
    await this.renew()
    return this.#renewedAt >= asked
  }

  /** Gives the place up, in good order. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#options.clock.clearTimer(this.#timer)
    await this.#renewing
    const { run, table, redisNow, entry } = this.#options
    const member = this.#member
    if (member === undefined) return
    const isLast = await run((redis) => leaveTable(redis, table, member, redisNow)).catch(() => false)
    await entry.leave(isLast)
  }

  /** Waits for no other server any more. */
  stopJoining(): void {
    this.#isJoiningStopped = true
  }

  async #renew(): Promise<void> {
    const { clock, leaseMs, isConnected } = this.#options
    // A connection that is back renews.
    if (!isConnected()) return this.#schedule(RETRY_MS)
    const asked = clock.now()
    const wasValid = asked < this.#validUntil && systemClock.now() < this.#validUntilWall
    if (!wasValid) this.#lapse()
    try {
      const { wasThere, ...look } = await this.#write()
      this.#reports.clear()
      if (!wasThere) this.#presentSince = asked
      // While the lease was over others could join without asking; if the table was emptied too, they may have gone unseen.
      if (!wasValid && !wasThere) this.#vouchesSince = asked + leaseMs
      for (const { id } of others(look, this.id)) if (this.#ungreeted.has(id)) void this.#greet(id)
      this.#schedule(leaseMs / RENEWALS)
      this.#options.onRenewal(asked)
      if (!wasValid) this.#comeBack(look)
    } catch (error) {
      // A lost connection tells of itself.
      if (isConnected() && error instanceof Error) this.#reports.tell(error)
      this.#schedule(RETRY_MS)
    }
  }

  /** Until the others know that it is back, nothing is begun. */
  #lapse(): void {
    this.#lapses++
    this.#isIntroducing = true
    this.#checkedUntil = Number.NEGATIVE_INFINITY
  }

  /** Some took it for dead; they have to know that it is back before it does anything. */
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

  /** All others know of it; false if its lease has been over again since, so that it has to say so again. */
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

  /** Resolves once every live server knows of this one. */
  async #introduceTo(look: TableLook): Promise<void> {
    await Promise.all(others(look, this.id).map((entry) => this.#introduce(entry)))
  }

  /** Resolves once a server knows of this one, or surely is no more. */
  async #introduce(entry: TableEntry): Promise<void> {
    const { clock } = this.#options
    const end = clock.now() + entry.leaseMs
    this.#ungreeted.add(entry.id)
    for (;;) {
      if (await anyOf(this.#greet(entry.id), this.#isGone(entry))) return
      // By then its lease has run out, or it was renewed and it is alive but does not answer: its own look will show us.
      if (clock.now() >= end || this.#isLeaving || this.#isJoiningStopped) return
      await pause(clock, RETRY_MS)
    }
  }

  async #greet(id: string): Promise<boolean> {
    const isKnown = await this.#options.greet(id)
    if (isKnown) this.#ungreeted.delete(id)
    return isKnown
  }

  /** Whether Redis says that none of a server's connections exists any more. */
  async #isGone(entry: TableEntry): Promise<boolean> {
    const { life, connections } = this.#options.connected()
    if (connections.length === 0 || entry.connections.length === 0 || entry.life !== life) return false
    try {
      const list = await this.#options.run((redis) =>
        redis.isCluster ? Promise.resolve('?') : redis.call('CLIENT', 'LIST', 'ID', ...entry.connections.map(String)),
      )
      return typeof list === 'string' && list.trim() === ''
    } catch {
      // Forbidden, or older than Redis 6.2; then its lease decides.
      return false
    }
  }
}

function others({ entries, now }: TableLook, own: string): TableEntry[] {
  return entries.filter(({ id, score }) => id !== own && score > now)
}

/** Resolves with true as soon as one does, otherwise with false once both have ended. */
async function anyOf(...checks: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let open = checks.length
    for (const check of checks) {
      check.then((is) => (is ? resolve(true) : --open === 0 && resolve(false)), reject)
    }
  })
}
