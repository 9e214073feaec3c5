import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { SeenServers } from '../presence/seen-servers.ts'
import type { TableEntry, TableLook } from '../presence/server-table.ts'
import { type Answer, MOST_IDS, testimonyOf } from './answer.ts'
import { type AskedCall, judge, type Testimony, type Verdict } from './judge.ts'

/**
 * The client asks about a call once it has waited this long, in ms; then after twice as long, and
 * so on up to {@link LONGEST_WAIT_MS}.
 */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 10_000
/**
 * How often the table is read while calls wait, in ms, so that later servers can be witnesses too.
 */
const LOOK_EVERY_MS = 5_000
/** How often it is read while there is no server, in ms. */
const LOOK_FOR_FIRST_EVERY_MS = 1_000
/** The shortest pause between two rounds, however urgent, in ms. */
const SHORTEST_PAUSE_MS = 50
/** The pause after a round that failed in Redis, or that a silent server left incomplete, in ms. */
const RETRY_MS = 500
/** How long after the end of a lease to check it, in ms. */
const LEASE_MARGIN_MS = 50

/** A call that the client may ask about. */
export interface DoubtfulCall extends Omit<AskedCall, 'isPushSettled'> {
  readonly id: number
  /** True once it is settled. */
  readonly cancelled: boolean
  /** `queued`: not sent yet; `pushed`: Redis has it; `unknown`: the connection broke first. */
  readonly push: 'queued' | 'pushed' | 'unknown'
}

export interface InquiryHost<C extends DoubtfulCall> {
  /** The calls that wait for any server, oldest first. */
  readonly waiting: () => Iterable<C>
  readonly servers: SeenServers
  /** Reads the table. Rejects if Redis does not answer. */
  readonly look: () => Promise<TableLook>
  /** Since when both connections are up; undefined: they are not. */
  readonly connectedAt: () => number | undefined
  /** Whether earlier connections of this process have certainly ended at Redis (rule R5). */
  readonly hasEndedOldConnections: () => boolean
  /** Asks one server; undefined if it gave no valid answer in time. */
  readonly ask: (server: string, ids: readonly number[]) => Promise<Answer | undefined>
  /**
   * Returns for each call whether it is in the list; if there are too many, checks only the first.
   * Rejects if Redis does not answer.
   */
  readonly find: (calls: readonly C[]) => Promise<readonly boolean[]>
  readonly resend: (call: C) => void
  readonly fail: (call: C, verdict: 'server-lost' | 'answer-lost') => void
  /** A look at the table was processed. */
  readonly onLook: () => void
  /** There has been no server for `noServerTimeoutMs`. */
  readonly onNoServer: () => void
  readonly noServerTimeoutMs: number
  /** A server's lease has expired: its connections at Redis must be ended. */
  readonly onLost: (server: TableEntry) => void
  readonly clock: Clock
}

interface Asked {
  nextAt: number
  waitMs: number
}

/**
 * Asks about calls that have waited for long, in one message to each server, and sends lost ones
 * again (rules R5 to R12 of `docs/delivery.md`). It costs an ordinary call one comparison.
 */
export class Inquiry<C extends DoubtfulCall> {
  readonly #host: InquiryHost<C>
  readonly #asked = new Map<C, Asked>()
  #timer: ClockTimer | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #lastLookAt = Number.NEGATIVE_INFINITY
  /** When the first server will know all others, of those that did not at the last look. */
  #settlesAt = Number.POSITIVE_INFINITY
  #isRunning = false
  #isClosed = false
  /** The servers that are lost, as far as the latest look showed. */
  #buried: ReadonlySet<string> = new Set()

  constructor(host: InquiryHost<C>) {
    this.#host = host
  }

  /** A call starts to wait. */
  watch(): void {
    if (this.#timer === undefined && !this.#isRunning) this.#wake(this.#host.clock.now() + FIRST_WAIT_MS)
  }

  /**
   * A connection is back, or a call was refused because of another life of Redis: asks about these
   * calls immediately.
   */
  hurry(calls: Iterable<C> = this.#host.waiting()): void {
    const now = this.#host.clock.now()
    for (const call of calls)
      this.#asked.set(call, { nextAt: now, waitMs: this.#asked.get(call)?.waitMs ?? FIRST_WAIT_MS })
    if (this.#asked.size > 0) this.#wake(now + SHORTEST_PAUSE_MS)
  }

  /** Processes a look that was made for another reason. */
  observe(look: TableLook, at: number): void {
    const { servers, connectedAt, clock } = this.#host
    const hasLostOne = servers.look(look, at, connectedAt() ?? clock.now())
    // It may have had any of the calls, and the next question about some of them is due much later.
    if (hasLostOne) for (const asked of this.#asked.values()) asked.nextAt = Math.min(asked.nextAt, at)
    this.#lastLookAt = at
    const { lost } = servers
    for (const entry of lost) if (!this.#buried.has(entry.id)) this.#host.onLost(entry)
    // One that comes back has other connections, and may be lost again.
    this.#buried = new Set(lost.map(({ id }) => id))
    this.#host.onLook()
  }

  close(): void {
    this.#isClosed = true
    this.#host.clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#asked.clear()
  }

  #wake(at: number): void {
    if (this.#isClosed || (this.#timer !== undefined && this.#wakeAt <= at)) return
    const { clock } = this.#host
    clock.clearTimer(this.#timer)
    this.#wakeAt = at
    this.#timer = clock.setTimer(this.#tick, Math.max(0, at - clock.now()))
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    this.#round()
      .catch(() => this.#postpone(RETRY_MS))
      .finally(() => {
        this.#isRunning = false
        this.#wakeForNext()
      })
  }

  /** Calls that are due for a question. */
  #due(now: number): C[] {
    const due: C[] = []
    for (const call of this.#asked.keys()) if (call.cancelled) this.#asked.delete(call)
    for (const call of this.#host.waiting()) {
      let asked = this.#asked.get(call)
      if (asked === undefined) {
        if (call.sentAt + FIRST_WAIT_MS > now) continue
        asked = { nextAt: now, waitMs: FIRST_WAIT_MS }
        this.#asked.set(call, asked)
      }
      if (asked.nextAt <= now && call.push !== 'queued') due.push(call)
    }
    return due
  }

  async #round(): Promise<void> {
    const { clock, connectedAt, servers } = this.#host
    const now = clock.now()
    const due = this.#due(now)
    const isLookDue = now >= this.#nextLookAt || this.#isNoServerDue(now)
    if ((due.length === 0 && !isLookDue) || connectedAt() === undefined) return
    await this.#look()
    if (this.#isNoServerDue(clock.now())) this.#host.onNoServer()
    if (due.length === 0) return
    const first = await this.#testimonies(due)
    for (const call of due) this.#postponeCall(call, first.isComplete)
    const suspects = due.filter((call) => !call.cancelled && isSuspect(first.of(call)))
    if (suspects.length === 0) return
    const isPushSettled = this.#host.hasEndedOldConnections()
    const nowhere = await this.#notListed(suspects)
    if (nowhere.length === 0) return
    await this.#look()
    const second = await this.#testimonies(nowhere)
    for (const call of nowhere) {
      if (call.cancelled || call.push === 'queued') continue
      const asked = {
        look: call.look,
        sentAt: call.sentAt,
        isRepeatable: call.isRepeatable,
        isPushSettled: call.push === 'pushed' || isPushSettled,
      }
      const verdict = judge(asked, servers.all, second.of(call))
      this.#carryOut(call, verdict, second.isComplete)
    }
  }

  #carryOut(call: C, verdict: Verdict, isComplete: boolean): void {
    if (verdict === 'wait') return this.#postponeCall(call, isComplete)
    this.#asked.delete(call)
    if (verdict !== 'resend') return this.#host.fail(call, verdict)
    if (this.#host.servers.isComplete || call.isRepeatable) this.#host.resend(call)
    this.#asked.set(call, { nextAt: this.#host.clock.now() + FIRST_WAIT_MS, waitMs: FIRST_WAIT_MS })
  }

  async #look(): Promise<void> {
    const at = this.#host.clock.now()
    this.observe(await this.#host.look(), at)
  }

  /** Asks every server that may answer. */
  async #testimonies(calls: readonly C[]): Promise<Testimonies<C>> {
    const { servers, ask, clock } = this.#host
    const testimonies = new Testimonies<C>()
    this.#settlesAt = Number.POSITIVE_INFINITY
    const asking: Promise<void>[] = []
    for (let at = 0; at < calls.length; at += MOST_IDS) {
      const some = calls.slice(at, at + MOST_IDS)
      const ids = some.map(({ id }) => id)
      for (const server of servers.askable) {
        const asked = ask(server, ids).then((answer) => {
          if (answer === undefined) testimonies.isComplete = false
          else {
            this.#hear(answer)
            testimonies.add(server, some, answer, clock.now())
            if (answer.settlesMs > 0) this.#settlesAt = Math.min(this.#settlesAt, clock.now() + answer.settlesMs)
          }
        })
        asking.push(asked)
      }
    }
    await Promise.all(asking)
    return testimonies
  }

  #hear({ met }: Answer): void {
    const now = this.#host.clock.now()
    for (const [id, helloMs, goneMs] of met) {
      this.#host.servers.hear(id, now - helloMs, goneMs < 0 ? Number.POSITIVE_INFINITY : now - goneMs, now)
    }
  }

  /**
   * Requests of one client are in the list in order: all that were sent later come after the first
   * that is found.
   */
  async #notListed(calls: readonly C[]): Promise<C[]> {
    const nowhere: C[] = []
    for (let at = 0, size = 1; at < calls.length; at += size, size = Math.min(size * 2, 64)) {
      const some = calls.slice(at, at + size)
      const found = await this.#host.find(some)
      for (const [index, isFound] of found.entries()) {
        if (!isFound && !some[index]!.cancelled) nowhere.push(some[index]!)
      }
      if (found.length < some.length || found.at(-1) === true) break
    }
    return nowhere
  }

  /** A dead server is detected soon after its lease has ended. */
  get #nextLookAt(): number {
    const { servers } = this.#host
    if (servers.noneSince !== undefined) return this.#lastLookAt + LOOK_FOR_FIRST_EVERY_MS
    const afterLease = servers.nextLeaseEndAt + LEASE_MARGIN_MS
    return Math.min(this.#lastLookAt + LOOK_EVERY_MS, Math.max(this.#lastLookAt + RETRY_MS, afterLease))
  }

  #isNoServerDue(now: number): boolean {
    const { servers, noServerTimeoutMs } = this.#host
    return servers.noneSince !== undefined && now - servers.noneSince >= noServerTimeoutMs
  }

  #postpone(delayMs: number): void {
    const at = this.#host.clock.now() + delayMs
    for (const asked of this.#asked.values()) asked.nextAt = Math.max(asked.nextAt, at)
  }

  /**
   * Schedules the next question about a call: later each time, but soon if a server that did not
   * answer may turn out to be dead.
   */
  #postponeCall(call: C, isComplete: boolean): void {
    const now = this.#host.clock.now()
    const waitMs = this.#asked.get(call)?.waitMs ?? FIRST_WAIT_MS
    let nextAt = now + waitMs
    if (!isComplete)
      nextAt = Math.min(nextAt, Math.max(this.#host.servers.nextLeaseEndAt + LEASE_MARGIN_MS, now + RETRY_MS))
    if (this.#settlesAt > now) nextAt = Math.min(nextAt, this.#settlesAt + LEASE_MARGIN_MS)
    this.#asked.set(call, { nextAt, waitMs: Math.min(waitMs * 2, LONGEST_WAIT_MS) })
  }

  #wakeForNext(): void {
    const { clock, servers, noServerTimeoutMs } = this.#host
    const now = clock.now()
    let next = Number.POSITIVE_INFINITY
    let isWaiting = false
    for (const call of this.#host.waiting()) {
      isWaiting = true
      next = Math.min(next, this.#asked.get(call)?.nextAt ?? call.sentAt + FIRST_WAIT_MS)
    }
    if (!isWaiting) return
    next = Math.min(next, this.#nextLookAt)
    if (servers.noneSince !== undefined) next = Math.min(next, servers.noneSince + noServerTimeoutMs)
    this.#wake(Math.max(next, now + SHORTEST_PAUSE_MS))
  }
}

/** What the servers have said about each call in one round of questions. */
class Testimonies<C extends DoubtfulCall> {
  /** Whether all servers that were asked have answered. */
  isComplete = true
  readonly #byCall = new Map<C, Map<string, Testimony>>()

  add(server: string, calls: readonly C[], answer: Answer, now: number): void {
    for (const call of calls) {
      let of = this.#byCall.get(call)
      if (of === undefined) {
        of = new Map()
        this.#byCall.set(call, of)
      }
      of.set(server, testimonyOf(answer, call.id, now - call.sentAt))
    }
  }

  of(call: C): ReadonlyMap<string, Testimony> {
    return this.#byCall.get(call) ?? NOTHING
  }
}

const NOTHING: ReadonlyMap<string, Testimony> = new Map()

/** No server says that it runs or that its reply was sent again. */
function isSuspect(testimonies: ReadonlyMap<string, Testimony>): boolean {
  for (const testimony of testimonies.values()) if (testimony === 'running' || testimony === 'answered') return false
  return true
}
