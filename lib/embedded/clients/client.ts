import type { Clock } from '../../util/clock.ts'
import type { OutputLimit } from '../config/config.ts'
import type { Database } from '../keyspace/database.ts'
import { Output, OutputOverflow, type Protocol, writeReply } from '../resp/encode.ts'
import { ErrorReply, NO_REPLY, type Reply } from '../resp/value.ts'
import { Transaction } from './transaction.ts'
import type { ClientWait } from './wait.ts'

/** The connection to a client. Scripts and the append-only file have none. */
export interface Transport {
  /** `127.0.0.1:50312`, of the other end and of this one. */
  readonly address: string
  readonly localAddress: string
  /** The file descriptor of the socket, or -1. */
  readonly descriptor: number
  /** Bytes received and not yet executed. */
  readonly unreadBytes: number
  /** Bytes written to the socket that the other end has not read. */
  readonly unsentBytes: number
  /** Sends bytes, one character each. */
  send(chunks: readonly string[]): void
  /** Executes what arrived while the client was blocked or paused. */
  resume(): void
  /** Closes once everything is sent. */
  end(): void
  /** Closes now. */
  destroy(): void
}

/**
 * The kinds of subscriptions. `shard` channels have a separate namespace; without a cluster they
 * are plain channels.
 */
export type Topic = 'channel' | 'pattern' | 'shard'

/** The parts of the server that a client needs. */
export interface ClientHost {
  readonly clock: Clock
  /** The time of the current command, in ms since 1970. */
  readonly now: number
  readonly databases: readonly Database[]
  readonly config: {
    /** Empty if clients need not authenticate. */
    readonly password: string
    readonly normalOutput: OutputLimit
    readonly subscriberOutput: OutputLimit
  }
  readonly stats: { countError(text: string): void }
  readonly outbox: { add(client: Client): void }
  readonly waiters: { add(client: Client, wait: ClientWait): void; remove(client: Client): boolean }
  readonly pubsub: { unsubscribeAll(client: Client): void }
  readonly monitors: { delete(client: Client): void }
  /** The connected clients, by id. */
  readonly clients: { delete(id: number): boolean }
  /** Drops a client with more pending output than it may leave unread. */
  drop(client: Client): void
  /** Drops a client that leaves too much unread. */
  dropIfTooSlow(client: Client): void
}

/** Which replies are not sent (CLIENT REPLY). */
export interface HeldBack {
  /** None is sent until the client asks for them. */
  all: boolean
  /** The reply to the current command is not sent. */
  this: boolean
  /** The reply to the next command is not sent either. */
  next: boolean
}

/** Less output than this cannot be too much; the rest is checked with each reply. */
const CHECK_OUTPUT_FROM = 1024 * 1024

/**
 * Everything the server knows about one caller: a connection, a running script, or the append-only
 * file being loaded. `Host` is the part of the server that users of the client may see.
 */
export class Client<Host extends ClientHost = ClientHost> {
  readonly id: number
  readonly engine: Host
  readonly transport: Transport | undefined
  readonly createdAt: number
  readonly output: Output = new Output()
  readonly transaction: Transaction = new Transaction()
  readonly subscriptions: Readonly<Record<Topic, Set<string>>> = {
    channel: new Set(),
    pattern: new Set(),
    shard: new Set(),
  }

  db: Database
  protocol: Protocol = 2
  name = ''
  libraryName = ''
  libraryVersion = ''
  authenticated: boolean
  monitoring = false
  noEvict = false
  noTouch = false
  readonly heldBack: HeldBack = { all: false, this: false, next: false }
  /** Set while it is blocked. */
  waiter: ClientWait | undefined
  /** Whether scripts use it to run commands. */
  runsScripts = false
  /** Set while a blocking command must answer at once: in a transaction or a script. */
  mayNotBlock: boolean
  /** It will be closed once its replies are sent; further requests are not executed. */
  closing = false
  /** The request that is being answered. */
  request: readonly string[] | undefined
  /** A command held back by CLIENT PAUSE. */
  postponed: readonly string[] | undefined
  /** The full name of the command that ran last. */
  lastCommand = 'NULL'
  lastUsedAt: number
  /** Whether it is in the engine's list of clients to write to. */
  queued = false
  /** Since when its output is over the soft limit, in ms since 1970; -1 if it is not. */
  overSoftLimitSince = -1

  constructor(engine: Host, id: number, transport: Transport | undefined) {
    this.engine = engine
    this.id = id
    this.transport = transport
    this.db = engine.databases[0]!
    this.authenticated = transport === undefined || engine.config.password === ''
    this.mayNotBlock = transport === undefined
    this.createdAt = engine.clock.now()
    this.lastUsedAt = this.createdAt
  }

  /** How many channels and patterns it is subscribed to; sharded channels are counted apart. */
  get subscribed(): number {
    return this.subscriptions.channel.size + this.subscriptions.pattern.size
  }

  /** Whether it is in RESP2's subscriber mode or counted as a subscriber. */
  get isSubscriber(): boolean {
    return this.subscribed + this.subscriptions.shard.size > 0
  }

  /** Answers a command. */
  reply(reply: Reply): void {
    if (reply === NO_REPLY) return
    if (reply instanceof ErrorReply && !reply.counted) this.engine.stats.countError(reply.text)
    if (!this.heldBack.all && !this.heldBack.this) this.push(reply)
  }

  /**
   * A command was answered, whether or not the reply was sent: CLIENT REPLY SKIP applies to one
   * command only.
   */
  answered(): void {
    const { heldBack } = this
    heldBack.this = heldBack.next
    heldBack.next = false
  }

  /**
   * Sends something other than a reply, such as a published message; CLIENT REPLY does not affect
   * it.
   */
  push(reply: Reply): void {
    if (this.transport === undefined) return
    try {
      this.output.limit = this.engine.config.normalOutput.hardBytes || Infinity
      writeReply(this.output, reply, this.protocol)
    } catch (error) {
      if (!(error instanceof OutputOverflow)) throw error
      this.engine.drop(this)
      return
    }
    this.engine.outbox.add(this)
    if (this.output.length > CHECK_OUTPUT_FROM || this.isSubscriber) this.engine.dropIfTooSlow(this)
  }

  /**
   * Makes the client wait, or times out immediately if waiting is not allowed.
   * @returns the return value for the blocking command
   */
  block(wait: ClientWait): Reply {
    if (this.mayNotBlock) return wait.timeoutReply
    this.engine.waiters.add(this, wait)
    return NO_REPLY
  }

  /** Whether it may execute the next command. */
  get ready(): boolean {
    return this.waiter === undefined && this.postponed === undefined && !this.closing
  }

  /** Resets everything to the state of a new connection (RESET). */
  reset(): void {
    this.transaction.discard()
    this.engine.pubsub.unsubscribeAll(this)
    this.engine.monitors.delete(this)
    this.monitoring = false
    this.db = this.engine.databases[0]!
    this.protocol = 2
    this.name = ''
    this.noEvict = false
    this.noTouch = false
    // The reply to RESET is skipped if the previous command requested that.
    this.heldBack.all = false
    this.heldBack.next = false
    this.authenticated = this.engine.config.password === ''
  }

  /** Closes the connection immediately, without sending anything. */
  kill(): void {
    this.forget()
    this.transport?.destroy()
  }

  /** Forgets the client everywhere; it has left or is being closed. */
  forget(): void {
    if (!this.engine.clients.delete(this.id)) return
    this.closing = true
    this.engine.waiters.remove(this)
    this.transaction.discard()
    this.engine.pubsub.unsubscribeAll(this)
    this.engine.monitors.delete(this)
  }
}
