import { BegunIds } from './begun-ids.ts'

/**
 * How many clients are remembered; beyond that, the one that has been inactive for the longest is
 * forgotten.
 */
const MOST_CLIENTS = 1_000
/** How many of the latest replies are kept, and how many characters in all. */
const MOST_REPLIES = 2_048
const MOST_CHARACTERS = 4 * 1024 * 1024
/** A longer reply is not kept, because it would evict too many others. */
const LONGEST_REPLY = 512 * 1024

interface Client {
  readonly list: string
  readonly begun: BegunIds
  /** When one of its calls was last begun. */
  lastAt: number
}

/** What a server remembers about one call. */
export type Memory = 'begun' | 'unknown' | 'forgotten'

/**
 * Remembers which calls a server has begun and how it answered them, so that it can say what became
 * of a call (rules R9, R10 and R14 of `docs/delivery.md`). It is limited in every respect, and
 * never denies a call that it may have forgotten.
 */
export class CallMemory {
  readonly #clients = new Map<string, Client>()
  /** The client of the last call, which is usually also that of the next one. */
  #latest: Client | undefined
  /** When the last call of a client that is now forgotten was begun. */
  #forgottenUntil = Number.NEGATIVE_INFINITY
  readonly #lists: string[] = new Array<string>(MOST_REPLIES).fill('')
  readonly #ids: number[] = new Array<number>(MOST_REPLIES).fill(0)
  readonly #texts: string[] = new Array<string>(MOST_REPLIES).fill('')
  /** The position of the next reply; the oldest one kept is `#kept` positions before it. */
  #next = 0
  #kept = 0
  #characters = 0

  /** A call begins; `now` is the clock's time. */
  begin(list: string, id: number, now: number): void {
    const client = this.#latest?.list === list ? this.#latest : this.#clientOf(list, id)
    client.lastAt = now
    client.begun.add(id)
  }

  /** What is known about a call that was sent less than {@link CallMemory.reachMs} ago. */
  recall(list: string, id: number): Memory {
    const client = this.#clients.get(list)
    const begun = client === undefined ? false : client.begun.has(id)
    return begun ? 'begun' : begun === false ? 'unknown' : 'forgotten'
  }

  /** How far back nothing is forgotten, in ms; Infinity: nothing was ever forgotten. */
  reachMs(now: number): number {
    return now - this.#forgottenUntil
  }

  /** Keeps a reply. */
  answered(list: string, id: number, text: string): void {
    if (text.length > LONGEST_REPLY) return
    if (this.#kept === MOST_REPLIES) this.#dropOldest()
    const at = this.#next
    this.#next = (at + 1) % MOST_REPLIES
    this.#kept++
    this.#characters += text.length
    this.#lists[at] = list
    this.#ids[at] = id
    this.#texts[at] = text
    while (this.#characters > MOST_CHARACTERS) this.#dropOldest()
  }

  /** The reply to a call, if it is still kept. */
  replyTo(list: string, id: number): string | undefined {
    for (let back = 1; back <= this.#kept; back++) {
      const at = (this.#next - back + MOST_REPLIES) % MOST_REPLIES
      if (this.#ids[at] === id && this.#lists[at] === list) return this.#texts[at]
    }
    return undefined
  }

  #dropOldest(): void {
    const at = (this.#next - this.#kept + MOST_REPLIES) % MOST_REPLIES
    this.#kept--
    this.#characters -= this.#texts[at]!.length
    this.#lists[at] = ''
    this.#texts[at] = ''
  }

  #clientOf(list: string, id: number): Client {
    let client = this.#clients.get(list)
    if (client === undefined) {
      if (this.#clients.size === MOST_CLIENTS) this.#forgetOne()
      client = { list, begun: new BegunIds(id), lastAt: 0 }
      this.#clients.set(list, client)
    }
    this.#latest = client
    return client
  }

  #forgetOne(): void {
    let oldest: Client | undefined
    for (const client of this.#clients.values())
      if (oldest === undefined || client.lastAt < oldest.lastAt) oldest = client
    if (oldest === undefined) return
    this.#clients.delete(oldest.list)
    if (this.#latest === oldest) this.#latest = undefined
    this.#forgottenUntil = Math.max(this.#forgottenUntil, oldest.lastAt)
  }
}
