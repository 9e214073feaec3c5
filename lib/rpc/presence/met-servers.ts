import type { TableLook } from './server-table.ts'

/** Another server, as this one knows it; times are on this process's clock. */
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
  /** Since when it is certainly gone; undefined: it is not. */
  goneAt: number | undefined
}

/**
 * What a server says about another: how long ago it said hello, and how long it has been gone, in
 * ms; -1: it is not.
 */
export type MetServer = readonly [id: string, helloMs: number, goneMs: number]

/** How many other servers are remembered; a look at the table shows no more either. */
const MOST_MET = 1_000
/** How long servers that are gone are remembered, in ms. */
export const KNOWN_MS = 600_000

/**
 * The other servers of its service that a server has met, and which of them are gone. All times are
 * those of one steady clock.
 */
export class MetServers {
  readonly #own: string
  readonly #leaseMs: number
  readonly #onTooMany: (now: number) => void
  readonly #met = new Map<string, Met>()

  /**
   * @param own the id of the server that has met them
   * @param leaseMs the lease of those whose own is not known
   * @param onTooMany there is one that is not known: those that were met before are kept
   */
  constructor(own: string, leaseMs: number, onTooMany: (now: number) => void) {
    this.#own = own
    this.#leaseMs = leaseMs
    this.#onTooMany = onTooMany
  }

  /** Every one that is known. */
  list(now: number): MetServer[] {
    return [...this.#met].map(([id, { helloAt, goneAt }]) => [
      id,
      now - helloAt,
      goneAt === undefined ? -1 : now - goneAt,
    ])
  }

  /** One has said hello. */
  meet(id: string, now: number): void {
    if (id !== this.#own) this.#know(id, { ...this.#metAt(now), score: Number.NaN }, now)
  }

  /** The table was looked at. */
  observe({ entries, now }: TableLook, at: number): void {
    for (const { id, score, leaseMs } of entries) {
      if (id === this.#own) continue
      const met = this.#met.get(id) ?? { ...this.#metAt(at), score }
      this.#know(id, met, at)
      met.leaseMs = leaseMs
      met.seenAt = at
      if (met.score !== score) met.scoreSince = at
      met.score = score
      // Redis's clock may have been set, so a lease counts as expired only after its time has also
      // passed on this clock.
      const isGone = score < 0 || (score <= now && at - met.scoreSince >= leaseMs)
      met.goneAt = isGone ? (met.goneAt ?? at) : undefined
    }
    for (const [id, { seenAt }] of this.#met) if (at - seenAt > KNOWN_MS) this.#met.delete(id)
  }

  /**
   * Whether one has left, or its lease has run out. One that is not in the table may come back into
   * it, if that was emptied: so it counts as gone only a lease later.
   * @param joinedAt since when this server has met others
   * @param lookedAt when the latest look at the table began
   */
  isGone(id: string, joinedAt: number, lookedAt: number): boolean {
    if (id === this.#own) return false
    const met = this.#met.get(id)
    if (met === undefined) return this.#met.size < MOST_MET && lookedAt - joinedAt > this.#leaseMs
    return met.goneAt !== undefined || lookedAt - met.seenAt > met.leaseMs
  }

  #know(id: string, met: Met, now: number): void {
    if (this.#met.has(id) || this.#met.size < MOST_MET) this.#met.set(id, met)
    else this.#onTooMany(now)
  }

  #metAt(at: number): Omit<Met, 'score'> {
    return { leaseMs: this.#leaseMs, helloAt: at, seenAt: at, scoreSince: at, goneAt: undefined }
  }
}
