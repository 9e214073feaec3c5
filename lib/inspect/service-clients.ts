import { type ClientControl, control } from '../client/control.ts'
import type { RedisRPCClientOptions } from '../client/options.ts'
import { RedisRPCClient } from '../client/proxy.ts'
import type { SharedConnections } from '../link/use.ts'

interface Entry {
  readonly control: ClientControl<object>
  users: number
}

/** Up to this many unused clients are kept for the next look. */
const MOST_IDLE = 32

/** A client for each service that is looked at, on shared connections. */
export class ServiceClients {
  readonly #connections: SharedConnections
  readonly #options: RedisRPCClientOptions
  /** The one that was used last is the last. */
  readonly #entries = new Map<string, Entry>()

  constructor(connections: SharedConnections, options: RedisRPCClientOptions) {
    this.#connections = connections
    this.#options = options
  }

  /** Gives a client for as long as the work lasts. */
  async use<R>(service: string, work: (client: ClientControl<object>) => Promise<R>): Promise<R> {
    const { client, done } = this.take(service)
    try {
      return await work(client)
    } finally {
      done()
    }
  }

  /** Gives a client until `done` is called. */
  take(service: string): { readonly client: ClientControl<object>; readonly done: () => void } {
    const entry = this.#entries.get(service) ?? this.#make(service)
    this.#entries.delete(service)
    this.#entries.set(service, entry)
    entry.users++
    return { client: entry.control, done: () => this.#done(entry) }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.control.close()))
  }

  #make(service: string): Entry {
    return { control: control(new RedisRPCClient<object>(this.#connections, service, this.#options)), users: 0 }
  }

  #done(entry: Entry): void {
    entry.users--
    const idle = [...this.#entries].filter(([, { users }]) => users === 0)
    for (const [service, { control: oldest }] of idle.slice(0, Math.max(0, idle.length - MOST_IDLE))) {
      this.#entries.delete(service)
      // What it leaves behind expires.
      void oldest.close().catch(() => {})
    }
  }
}
