import { Reports } from '../link/reports.ts'
import type { RedisLife } from '../link/source.ts'
import { type Clock, systemClock, type Timer } from '../util/clock.ts'
import { pause } from '../util/pause.ts'
import {
  leaveTable,
  type Renewal,
  renewLease,
  type TableEntry,
  type TableLook,
  type TableMember,
} from './server-table.ts'
import type { ServiceEntry } from './service-list.ts'

/** Another server, as this one knows it; the times are this process's. */
interface Met {
  /** As far as it is known. */
  leaseMs: number
  /** When it last said hello, or was first seen. */
  helloAt: number
  /** When it was last seen in the table, or said hello. */
  seenAt: number
  score: number
  /** Since when it has had this score. */
  scoreSince: number
  /** Since when it is surely gone; undefined: it is not. */
  goneAt: number | undefined
}

/** What a server tells of another: how long ago it said hello, and since how long it is gone, in ms; -1: it is not. */
export type MetServer = readonly [id: string, helloMs: number, goneMs: number]

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
/** How many other servers are known at once; the table shows no more either. */
const MOST_MET = 1_000
/** How long servers that are gone stay known, in ms. */
const KNOWN_MS = 600_000

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
  readonly #met = new Map<string, Met>()
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
    return [...this.#met].map(([id, { helloAt, goneAt }]) => [
      id,
      now - helloAt,
      goneAt === undefined ? -1 : now - goneAt,
    ])
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
    const now = this.#options.clock.now()
    if (id !== this.id) this.#know(id, { ...this.#metAt(now), score: Number.NaN }, now)
  }

  /** Of too many it keeps those it has, and says that it does not know of all. */
  #know(id: string, met: Met, now: number): void {
    if (this.#met.has(id) || this.#met.size < MOST_MET) this.#met.set(id, met)
    else this.#vouchesSince = now
  }

  /**
   * Whether another server has left, or its lease has run out, as far as the latest renewal shows. One that is not in the table may come back
   * into it, if that was emptied: so it counts as gone only a lease later.
   */
  isGone(id: string): boolean {
    if (id === this.id) return false
    const met = this.#met.get(id)
    if (met === undefined) return this.#met.size < MOST_MET && this.#renewedAt - this.#joinedAt > this.#options.leaseMs
    return met.goneAt !== undefined || this.#renewedAt - met.seenAt > met.leaseMs
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
    this.#observe(renewal, clock.now())
    entry.renew(renewal.now)
    return renewal
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#options
    clock.clearTimer(this.#timer)
    if (!this.#isLeaving) this.#timer = clock.setTimer(() => void this.renew(), delayMs)
  }

  #observe({ entries, now }: TableLook, at: number): void {
    for (const { id, score, leaseMs } of entries) {
      if (id === this.id) continue
      const met = this.#met.get(id) ?? { ...this.#metAt(at), score }
      this.#know(id, met, at)
      met.leaseMs = leaseMs
      met.seenAt = at
      if (met.score !== score) met.scoreSince = at
      met.score = score
      // Redis's clock may have been set: a lease counts as over only after its time on this clock, too.
      const isGone = score < 0 || (score <= now && at - met.scoreSince >= leaseMs)
      met.goneAt = isGone ? (met.goneAt ?? at) : undefined
    }
    for (const [id, { seenAt }] of this.#met) if (at - seenAt > KNOWN_MS) this.#met.delete(id)
  }

  #metAt(at: number): Omit<Met, 'score'> {
    return { leaseMs: this.#options.leaseMs, helloAt: at, seenAt: at, scoreSince: at, goneAt: undefined }
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
