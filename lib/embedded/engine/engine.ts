import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../util/clock.ts'
import { elapsedMs } from '../../util/timers.ts'
import type { Registry } from '../catalog/registry.ts'
import { Client, type ClientHost, type Transport } from '../clients/client.ts'
import { Monitors } from '../clients/monitors.ts'
import { ClientOutbox } from '../clients/outbox.ts'
import { exceedsOutputLimit } from '../clients/output-limit.ts'
import { PubSub } from '../clients/pubsub.ts'
import { type Waiter, Waiters } from '../clients/waiters.ts'
import type { Config } from '../config/config.ts'
import { Database, type KeyspaceHost } from '../keyspace/database.ts'
import { EVENT } from '../keyspace/events.ts'
import type { ErrorReply, Reply } from '../resp/value.ts'
import { LatencyMonitor } from '../telemetry/latency-monitor.ts'
import type { Log } from '../telemetry/log.ts'
import { SlowLog } from '../telemetry/slow-log.ts'
import { Stats } from '../telemetry/stats.ts'
import { usedMemory } from '../telemetry/used-memory.ts'
import { errorReply } from './error-reply.ts'
import { ExpirySweep } from './expiry-sweep.ts'
import type { Journal } from './journal.ts'
import { Pause } from './pause.ts'
import { Propagation } from './propagation.ts'

/** How many databases there are, as in Redis's default configuration. */
const DATABASES = 16

/** The server without its sockets: data, clients and what they share. */
export class Engine implements KeyspaceHost, ClientHost {
  readonly clock: Clock
  readonly config: Config
  readonly commands: Registry
  readonly log: Log
  readonly startedAt: number
  /** Bytes in use when it began. */
  readonly startMemory: number = usedMemory()
  /** Forty hexadecimal digits that no other run has. */
  readonly runId: string = randomBytes(20).toString('hex')
  readonly databases: readonly Database[]
  readonly clients: Map<number, Client<Engine>> = new Map()
  readonly stats: Stats = new Stats()
  readonly pubsub: PubSub = new PubSub()
  readonly monitors: Monitors = new Monitors()
  readonly propagation: Propagation = new Propagation()
  readonly slowLog: SlowLog = new SlowLog()
  readonly latency: LatencyMonitor = new LatencyMonitor()
  /**
   * Microseconds since some moment, to measure durations; the clock of a test has a resolution of
   * milliseconds.
   */
  readonly microseconds: () => number
  readonly waiters: Waiters
  readonly outbox: ClientOutbox
  readonly sweep: ExpirySweep
  readonly pause: Pause
  /** Where writes are kept; `undefined` if nowhere. */
  appendOnlyFile: Journal | undefined
  /** The reply to writes while they cannot be stored. */
  writeRefusal: ErrorReply | undefined
  /** A file is being loaded; the clock is frozen at 0, so that nothing expires. */
  loading = false
  /** Ends the server; set by the owner of the sockets. SHUTDOWN calls it. */
  onShutdown: (() => void) | undefined

  now: number
  noTouch = false
  dirty = 0
  #depth = 0
  #nextClientId = 1
  #resuming: Client[] = []

  constructor(clock: Clock, config: Config, commands: Registry, log: Log) {
    this.clock = clock
    this.microseconds = clock === systemClock ? () => elapsedMs() * 1000 : () => clock.now() * 1000
    this.config = config
    this.commands = commands
    this.log = log
    this.now = clock.now()
    this.startedAt = this.now
    this.databases = Array.from({ length: DATABASES }, (_, index) => new Database(index, this))
    this.outbox = new ClientOutbox(
      (client, chunks) => this.#write(client, chunks),
      () => this.#resume(),
    )
    this.waiters = new Waiters(
      clock,
      (waiter, key) => this.#serve(waiter, key),
      (client) => this.resume(client),
    )
    this.pause = new Pause(clock, () => {
      for (const client of this.clients.values()) if (client.postponed !== undefined) this.resume(client)
    })
    this.sweep = new ExpirySweep(clock, this.databases, (run) => this.unit(run))
  }

  /** Creates a client. One without transport runs scripts or loads a file, and cannot block. */
  connect(transport?: Transport): Client<Engine> {
    const client = new Client<Engine>(this, this.#nextClientId++, transport)
    if (transport !== undefined) this.clients.set(client.id, client)
    return client
  }

  /**
   * Runs a unit: a command, a transaction or a sweep. The clock is frozen during it; afterwards
   * waiting clients are served and writes are propagated. Nested units are part of the outer one.
   */
  unit<T>(run: () => T): T {
    this.begin()
    try {
      return run()
    } finally {
      this.end()
    }
  }

  begin(): void {
    if (this.#depth++ === 0) this.now = this.clock.now()
  }

  end(): void {
    if (this.#depth === 1 && this.waiters.pending) this.waiters.serveReady()
    if (--this.#depth === 0) this.propagation.unitDone()
  }

  /** Ends everything that waits for time to pass. */
  close(): void {
    this.sweep.stop()
    this.pause.end()
    for (const client of [...this.clients.values()]) client.kill()
    this.outbox.stop()
  }

  /** Resets counters, so that loading a file does not count. */
  forgetLoading(): void {
    this.dirty = 0
    this.stats.reset()
    for (const command of this.commands) command.resetCounters()
  }

  /** Lets a client continue with requests it sent while it was blocked or paused. */
  resume(client: Client): void {
    this.#resuming.push(client)
    this.outbox.wake()
  }

  /** Drops a client that leaves too much unread. */
  dropIfTooSlow(client: Client): void {
    if (!client.closing && exceedsOutputLimit(client)) this.drop(client)
  }

  /** Drops a client with more pending output than it may leave unread. */
  drop(client: Client): void {
    this.log('warning', `Client ${client.transport?.address} closed for overcoming of output buffer limits.`)
    client.kill()
  }

  notify(db: Database, eventClass: number, event: string, key: string): void {
    const wanted = this.config.events
    if ((wanted & eventClass) === 0) return
    if ((wanted & EVENT.keyspace) !== 0) this.pubsub.publish('channel', `__keyspace@${db.index}__:${key}`, event)
    if ((wanted & EVENT.keyevent) !== 0) this.pubsub.publish('channel', `__keyevent@${db.index}__:${event}`, key)
  }

  keyExpired(db: Database, key: string): void {
    this.propagation.add(db.index, ['DEL', key])
  }

  partsExpired(db: Database, key: string, parts: readonly string[]): void {
    this.notify(db, EVENT.hash, 'hexpired', key)
    this.propagation.add(db.index, ['HDEL', key, ...parts])
  }

  keyReady(db: Database, key: string): void {
    this.waiters.keyReady(db, key)
  }

  expiryChanged(db: Database): void {
    this.sweep.schedule(db)
  }

  #serve(waiter: Waiter, key: string): Reply | undefined {
    const { dirty } = this
    waiter.db.preserve(key)
    let reply: Reply | undefined
    try {
      reply = waiter.serve(key)
    } catch (error) {
      reply = errorReply(this, waiter.client.lastCommand, error)
    }
    this.propagation.commandDone(waiter.db.index, [], this.dirty !== dirty)
    return reply
  }

  #resume(): void {
    while (this.#resuming.length > 0) {
      const clients = this.#resuming
      this.#resuming = []
      for (const client of clients) client.transport?.resume()
    }
  }

  #write(client: Client, chunks: readonly string[]): void {
    const { transport } = client
    if (transport === undefined) return
    if (chunks.length > 0) {
      this.stats.writesProcessed++
      transport.send(chunks)
      client.lastUsedAt = this.clock.now()
      if (transport.unsentBytes > 0) this.dropIfTooSlow(client)
    }
    if (client.closing && !client.queued) transport.end()
  }
}
