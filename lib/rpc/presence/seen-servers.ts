import type { SeenServer } from '../fate/judge.ts'
import { LONGEST_LEASE_MS, type TableEntry, type TableLook } from './server-table.ts'

/** How long servers get to show that they are alive after a client has (re)connected, in ms. */
const GRACE_MS = 2_000
/** How many servers are remembered; a look at the table shows no more either. */
const MOST_SERVERS = 1_000
/** How long servers that are gone are remembered, in ms; longer than other servers report them. */
const KEPT_MS = 900_000
/** The assumed lease of a server whose member was never seen. */
const USUAL_LEASE_MS = 5_000

type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface Seen extends Writable<SeenServer> {
  leaseMs: number
  score: number
  /** Since when it has had this score. */
  scoreSince: number
  /** When its lease ends, on this process's clock, according to the latest look. */
  leaseEndsAt: number
  /** Since when it is known to be gone. */
  knownGoneSince: number
  /** Since when it has been missing from the table. */
  missingSince: number
  entry: TableEntry | undefined
}

/**
 * What a client knows about a service's servers: all that it has seen in the table or heard of, and
 * their fate. Times are on this process's monotonic clock.
 */
export class SeenServers {
  readonly #servers = new Map<string, Seen>()
  #looks = 0
  /** When a look last showed less than the whole table. */
  #partialAt = Number.NEGATIVE_INFINITY
  /** Whether every server that may have taken a call is remembered. */
  #isComplete = true
  /** Since when no server is alive; undefined while one is, or before the first look. */
  #noneSince: number | undefined

  /** The number of completed looks. */
  get looks(): number {
    return this.#looks
  }

  /**
   * False while there may be servers that are not remembered: too many were seen, or the table was
   * too full to show all.
   */
  get isComplete(): boolean {
    return this.#isComplete && this.#servers.size < MOST_SERVERS
  }

  get all(): Iterable<SeenServer> {
    return this.#servers.values()
  }

  /**
   * The ids of servers that may answer a question: live ones, and those whose member is missing.
   */
  get askable(): string[] {
    return [...this.#servers.values()]
      .filter(({ state }) => state === 'live' || state === 'missing')
      .map(({ id }) => id)
  }

  get live(): string[] {
    return [...this.#servers.values()].filter(({ state }) => state === 'live').map(({ id }) => id)
  }

  /** Since when there has been no live server, on this process's clock. */
  get noneSince(): number | undefined {
    return this.#noneSince
  }

  /** Whether one of them still has a valid lease, according to the latest look. */
  mayAnswerAt(now: number): boolean {
    for (const { state, leaseEndsAt } of this.#servers.values())
      if ((state === 'live' || state === 'missing') && leaseEndsAt > now) return true
    return false
  }

  /** When the next lease ends that has not been renewed yet. */
  get nextLeaseEndAt(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { state, leaseEndsAt } of this.#servers.values())
      if (state === 'live' || state === 'missing') next = Math.min(next, leaseEndsAt)
    return next
  }

  /** Members of servers whose lease has expired and whose connections may still exist. */
  get lost(): TableEntry[] {
    return [...this.#servers.values()].flatMap(({ state, entry }) => (state === 'lost' && entry ? [entry] : []))
  }

  /**
   * Processes a look at the table.
   * @param now the clock's time before the look
   * @param connectedAt since when this process has been connected
   * @returns whether it showed that a server is gone that could have answered until then
   */
  look(look: TableLook, now: number, connectedAt: number): boolean {
    this.#looks++
    const askable = this.askable
    // Someone who fills the table could hide a server, so a missing member means nothing then.
    const isWhole = look.entries.length + look.junk < MOST_SERVERS
    if (!isWhole) this.#partialAt = now
    // A server that was hidden may have taken calls, and died before it was seen.
    this.#isComplete = now - this.#partialAt > KEPT_MS
    const present = new Set<string>()
    for (const entry of look.entries) {
      // No server writes such a score, except that a known one may have written it before Redis's
      // clock was set back.
      if (entry.score > look.now + LONGEST_LEASE_MS && !this.#servers.has(entry.id)) continue
      present.add(entry.id)
      const seen = this.#see(entry.id, now)
      if (seen === undefined) continue
      seen.firstLook = Math.min(seen.firstLook, this.#looks)
      seen.entry = entry
      seen.leaseMs = entry.leaseMs
      if (seen.score !== entry.score) seen.scoreSince = now
      seen.score = entry.score
      seen.leaseEndsAt = now + (entry.score - look.now)
      seen.missingSince = Number.POSITIVE_INFINITY
      if (entry.score < 0) this.#gone(seen, 'left', now)
      else if (entry.score > look.now) this.#back(seen, 'live')
      else if (now - connectedAt >= GRACE_MS) this.#gone(seen, 'lost', now)
      else this.#back(seen, 'missing')
    }
    for (const seen of this.#servers.values()) {
      if (isWhole && !present.has(seen.id)) this.#missed(seen, now, connectedAt)
      if (now - seen.knownGoneSince > KEPT_MS && (seen.state === 'left' || seen.state === 'lost'))
        this.#servers.delete(seen.id)
    }
    if (this.live.length > 0 || !isWhole) this.#noneSince = undefined
    else this.#noneSince ??= now
    const left = new Set(this.askable)
    return askable.some((id) => !left.has(id))
  }

  /**
   * Processes what a server says about another.
   * @param helloAt the latest time at which that one said hello, on this process's clock
   * @param goneAt when it was certainly gone; Infinity: it is not, as far as that server knows
   */
  hear(id: string, helloAt: number, goneAt: number, now: number): void {
    const isNew = !this.#servers.has(id)
    const seen = this.#see(id, now)
    if (seen === undefined) return
    if (isNew && goneAt < now) {
      this.#gone(seen, 'lost', now)
      seen.goneLook = Number.POSITIVE_INFINITY
      seen.goneAt = goneAt
    } else if (seen.state === 'lost' && helloAt >= seen.knownGoneSince) {
      // It was considered dead and came back.
      this.#back(seen, 'missing')
      seen.missingSince = now
    }
  }

  #see(id: string, now: number): Seen | undefined {
    let seen = this.#servers.get(id)
    if (seen === undefined && this.#servers.size < MOST_SERVERS) {
      seen = {
        id,
        firstLook: Number.POSITIVE_INFINITY,
        state: 'missing',
        goneLook: Number.POSITIVE_INFINITY,
        goneAt: Number.POSITIVE_INFINITY,
        knownGoneSince: Number.POSITIVE_INFINITY,
        leaseMs: USUAL_LEASE_MS,
        score: Number.NaN,
        scoreSince: now,
        leaseEndsAt: now + USUAL_LEASE_MS,
        missingSince: now,
        entry: undefined,
      }
      this.#servers.set(id, seen)
    }
    return seen
  }

  /** Its member is not in the table: that was emptied, or it was not written yet. */
  #missed(seen: Seen, now: number, connectedAt: number): void {
    if (seen.state === 'left' || seen.state === 'lost') return
    if (seen.missingSince === Number.POSITIVE_INFINITY) seen.missingSince = now
    const since = Math.max(seen.missingSince, connectedAt)
    seen.leaseEndsAt = since + seen.leaseMs
    if (now >= seen.leaseEndsAt) this.#gone(seen, 'lost', now)
    else this.#back(seen, 'missing')
  }

  #gone(seen: Seen, state: 'left' | 'lost', now: number): void {
    if (seen.state !== state) seen.knownGoneSince = now
    seen.state = state
    const isSure = state === 'left' || (seen.missingSince > now && now - seen.scoreSince >= seen.leaseMs)
    if (isSure) seen.goneLook = Math.min(seen.goneLook, this.#looks)
  }

  #back(seen: Seen, state: 'live' | 'missing'): void {
    seen.state = state
    seen.goneLook = Number.POSITIVE_INFINITY
    seen.goneAt = Number.POSITIVE_INFINITY
  }
}
