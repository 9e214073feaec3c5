import { clearImmediate, setImmediate } from '../../util/timers.ts'
import type { Client } from './client.ts'

/**
 * Clients with pending replies. All replies are written together once the event loop has handled
 * the requests that had arrived. Each client gets a single write, and the append-only file is
 * synced once for all of them, before any client gets its reply.
 */
export class ClientOutbox {
  /**
   * Runs before replies are sent; they wait while its promise is pending. If it rejects, the
   * clients are dropped instead.
   */
  beforeWrite: (() => Promise<void> | undefined) | undefined
  readonly #write: (client: Client, chunks: readonly string[]) => void
  readonly #beforeTake: () => void
  #clients: Client[] = []
  #scheduled: NodeJS.Immediate | undefined
  #writing: Promise<void> | undefined
  #woken = false

  constructor(write: (client: Client, chunks: readonly string[]) => void, beforeTake: () => void) {
    this.#write = write
    this.#beforeTake = beforeTake
  }

  add(client: Client): void {
    if (client.queued) return
    client.queued = true
    this.#clients.push(client)
    this.wake()
  }

  /** Makes {@link flush} run at the end of this turn of the event loop. */
  wake(): void {
    if (this.#writing === undefined) this.#scheduled ??= setImmediate(() => this.flush())
    else this.#woken = true
  }

  /**
   * Writes pending replies; the promise, if there is one, settles when they have been passed to the
   * sockets.
   */
  flush(): Promise<void> | undefined {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    if (this.#writing !== undefined) return this.#writing.then(() => this.flush())
    this.#beforeTake()
    const gate = this.beforeWrite?.()
    if (gate === undefined) {
      this.#writeAll(this.#clients)
      this.#clients = []
      return undefined
    }
    // Replies from here on are not covered by this sync and wait for the next one.
    const batch = this.#clients.map((client) => ({ client, chunks: this.#take(client) }))
    this.#clients = []
    this.#writing = gate
      .then(
        () => {
          for (const { client, chunks } of batch) this.#write(client, chunks)
        },
        () => {
          for (const { client } of batch) client.kill()
        },
      )
      .finally(() => {
        this.#writing = undefined
        if (this.#woken) this.wake()
        this.#woken = false
      })
    return this.#writing
  }

  /** Stops writing. */
  stop(): void {
    clearImmediate(this.#scheduled)
    this.#clients = []
  }

  #writeAll(clients: readonly Client[]): void {
    for (const client of clients) this.#write(client, this.#take(client))
  }

  #take(client: Client): readonly string[] {
    client.queued = false
    return client.output.take()
  }
}
