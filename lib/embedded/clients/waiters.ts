import type { Clock } from '../../util/clock.ts'
import type { Database } from '../keyspace/database.ts'
import type { Reply } from '../resp/value.ts'
import type { Client } from './client.ts'
import { Deadline } from './deadline.ts'
import type { ClientWait } from './wait.ts'

/** A client that waits. */
export class Waiter implements ClientWait {
  readonly client: Client
  readonly db: Database
  readonly keys: readonly string[]
  readonly until: number
  readonly timeoutReply: Reply
  readonly mindsRemoval: boolean
  readonly deadline: Deadline | undefined
  readonly #wait: ClientWait

  constructor(client: Client, wait: ClientWait, deadline: Deadline | undefined) {
    this.client = client
    this.db = client.db
    this.keys = [...new Set(wait.keys)]
    this.until = wait.until
    this.timeoutReply = wait.timeoutReply
    this.mindsRemoval = wait.mindsRemoval === true
    this.deadline = deadline
    this.#wait = wait
  }

  serve(key: string): Reply | undefined {
    return this.#wait.serve(key)
  }
}

/** The clients that wait for one key, in order of arrival. */
type Queue = Set<Waiter>

/**
 * Clients in a blocking command. Clients that wait for the same key are served in order of arrival.
 *
 * A change only records that a key is ready. {@link serveReady} serves clients after the whole
 * command, transaction or script, so that they see its result and no intermediate state.
 */
export class Waiters {
  readonly #clock: Clock
  readonly #serve: (waiter: Waiter, key: string) => Reply | undefined
  readonly #resume: (client: Client) => void
  readonly #queues = new Map<Database, Map<string, Queue>>()
  #ready = new Map<Database, Set<string>>()
  #count = 0
  #mindRemoval = 0

  /**
   * @param serve - serves a client as requested, and propagates the resulting writes
   * @param resume - lets a client that no longer waits continue
   */
  constructor(
    clock: Clock,
    serve: (waiter: Waiter, key: string) => Reply | undefined,
    resume: (client: Client) => void,
  ) {
    this.#clock = clock
    this.#serve = serve
    this.#resume = resume
  }

  /** Clients that wait. */
  get count(): number {
    return this.#count
  }

  /** Whether {@link serveReady} has anything to do. */
  get pending(): boolean {
    return this.#ready.size !== 0
  }

  /** Lets a client wait. */
  add(client: Client, wait: ClientWait): void {
    const deadline =
      wait.until === Infinity
        ? undefined
        : new Deadline(this.#clock, wait.until, () => this.release(client, wait.timeoutReply))
    const waiter = new Waiter(client, wait, deadline)
    const { db } = waiter
    client.waiter = waiter
    this.#count++
    if (waiter.mindsRemoval) this.#mindRemoval++
    const queues = this.#queuesOf(db)
    for (const key of waiter.keys) {
      const queue = queues.get(key)
      if (queue !== undefined) {
        queue.add(waiter)
        continue
      }
      queues.set(key, new Set([waiter]))
      db.awaited.add(key)
    }
  }

  #queuesOf(db: Database): Map<string, Queue> {
    let queues = this.#queues.get(db)
    if (queues === undefined) {
      queues = new Map()
      this.#queues.set(db, queues)
    }
    return queues
  }

  /** Records a change of a key that a client waits for. */
  keyReady(db: Database, key: string): void {
    // A key that was removed becomes ready once it is back, after keys that became ready in the
    // meantime.
    if (this.#mindRemoval === 0 && !db.has(key)) return
    const keys = this.#ready.get(db)
    if (keys === undefined) this.#ready.set(db, new Set([key]))
    else keys.add(key)
  }

  /**
   * Serves all clients it can. Serving may make further keys ready, as with BLMOVE, so this
   * continues until none is.
   */
  serveReady(): void {
    while (this.#ready.size !== 0) {
      const ready = this.#ready
      this.#ready = new Map()
      for (const [db, keys] of ready) for (const key of keys) this.#serveKey(db, key)
    }
  }

  #serveKey(db: Database, key: string): void {
    const queue = this.#queues.get(db)?.get(key)
    if (queue === undefined) return
    for (const waiter of queue) {
      // Once the key is gone there is nothing for the other clients: do not check ten thousand
      // clients for one element.
      if (!db.has(key)) {
        if (this.#mindRemoval === 0) return
        if (!waiter.mindsRemoval) continue
      }
      const reply = this.#serve(waiter, key)
      if (reply !== undefined) this.release(waiter.client, reply)
    }
  }

  /** Ends the wait of a client with a reply. */
  release(client: Client, reply: Reply): void {
    if (!this.remove(client)) return
    client.reply(reply)
    client.answered()
    this.#resume(client)
  }

  /** Forgets a client, which may have left; false if it did not wait. */
  remove(client: Client): boolean {
    const { waiter } = client
    if (!(waiter instanceof Waiter)) return false
    client.waiter = undefined
    this.#count--
    if (waiter.mindsRemoval) this.#mindRemoval--
    waiter.deadline?.cancel()
    const { db } = waiter
    const queues = this.#queuesOf(db)
    for (const key of waiter.keys) {
      const queue = queues.get(key)
      queue?.delete(waiter)
      if (queue?.size !== 0) continue
      queues.delete(key)
      db.awaited.delete(key)
    }
    return true
  }
}
