import { DeliveryUnknownError, NoServerError, ServerLostError } from '../../errors.ts'
import type { Settlement } from '../../link/pending-call.ts'
import { waitAtMost } from '../../util/within.ts'
import type { RichText } from '../../wire/codec.ts'
import { serverList, serverTable } from '../../wire/keys.ts'
import { ASK, CANCEL, INFO } from '../../wire/reserved.ts'
import { type Answer, readAnswer } from '../fate/answer.ts'
import { Inquiry } from '../fate/inquiry.ts'
import { Notices } from '../fate/notices.ts'
import { SeenServers } from '../presence/seen-servers.ts'
import { readServerInfo, type ServerInfo } from '../presence/server-info.ts'
import { lookAtServers, type TableEntry, type TableLook } from '../presence/server-table.ts'
import { beginWith, Calls, type CallsOptions } from './calls.ts'
import { RepeatableMethods } from './repeatable-methods.ts'
import { type CallSettings, type Method, methodOf, type SentCall } from './sent-call.ts'

/** How long a server may take to answer a question, in ms. */
const ASK_MS = 1_000
/** How long a client that closes waits for answers to its questions, in ms. */
const LAST_ANSWERS_MS = 200
/**
 * How many calls are searched for in the list at once; the cost of each search in Redis is
 * proportional to the length of the list.
 */
const MOST_FOUND = 64
/** How many messages Redis may scan at once to find calls. */
const MOST_LOOKED_AT = 2_000_000

export interface ServiceCallsOptions extends Omit<CallsOptions, 'onAgain' | 'onGivenUp'> {
  readonly noServerTimeoutMs: number
  /** The set of methods that may run more than once has changed. */
  readonly onRepeatable: (methods: ReadonlySet<string>) => void
  /** A call to one endpoint was not run, because it was pushed to another life of Redis. */
  readonly onPartnerAgain?: (call: SentCall) => void
}

/**
 * The calls of one client to one service: its servers, the pending calls, and inquiries about calls
 * that wait for long.
 */
export class ServiceCalls {
  readonly calls: Calls
  readonly notices: Notices
  readonly servers: SeenServers = new SeenServers()
  readonly #options: ServiceCallsOptions
  readonly #table: string
  readonly #inquiry: Inquiry<SentCall>
  readonly #ask: Method
  readonly #questions = new Set<Promise<unknown>>()
  /** Calls that were cancelled in this turn. */
  #cancelled: number[] = []
  #junk = 0
  #looking: Promise<void> | undefined

  constructor(options: ServiceCallsOptions) {
    this.#options = options
    this.#table = serverTable(options.service)
    this.#ask = methodOf(options.service, ASK)
    this.notices = new Notices(options)
    this.calls = new Calls({
      ...options,
      onAgain: (call, life) => this.#again(call, life),
      onGivenUp: (call, how) => this.#givenUp(call, how),
    })
    const repeatable = new RepeatableMethods((server) => this.#describe(server), options.onRepeatable)
    this.#inquiry = new Inquiry<SentCall>({
      waiting: () => this.#asked(),
      servers: this.servers,
      look: () => this.#look(),
      connectedAt: () => options.link.connectedAt,
      hasEndedOldConnections: () => options.link.hasEndedFormer,
      ask: (server, ids) => this.#askServer(server, ids),
      find: (calls) => this.#find(calls),
      resend: (call) => this.calls.resend(call, this.servers.looks),
      fail: (call, verdict) => this.#fail(call, verdict),
      onLook: () => repeatable.look(this.servers.live, this.servers.askable),
      onNoServer: () => this.#noServer(),
      noServerTimeoutMs: options.noServerTimeoutMs,
      onLost: (server) => this.#endConnections(server),
      clock: options.clock,
    })
  }

  /** Pending calls of the user. */
  get pending(): number {
    return this.calls.size - this.#questions.size
  }

  /** Forged or malformed answers. */
  get junk(): number {
    return this.#junk
  }

  /**
   * Reads the table before the first call, on the connection that pushes, so that the look is
   * complete before the call arrives.
   */
  async prepare(): Promise<void> {
    const at = this.#options.clock.now()
    this.#inquiry.observe(await this.#look(), at)
  }

  /** A connection is up, for the first time or again. */
  connected(): void {
    this.calls.life = this.#options.link.life
    this.#inquiry.hurry()
  }

  /** Sends a call to the service's list. */
  send(call: SentCall, args: string | RichText): void {
    if (this.#options.noServerTimeoutMs === 0 && !this.#knowsServer()) return this.#lookAndSend(call, args)
    this.calls.send(call, args, this.servers.looks)
    this.#inquiry.watch()
  }

  #knowsServer(): boolean {
    return this.servers.noneSince === undefined && this.servers.mayAnswerAt(this.#options.clock.now())
  }

  /**
   * There may be no server, and the caller does not want to wait for one: it learns this after one
   * round trip.
   */
  #lookAndSend(call: SentCall, args: string | RichText): void {
    const { service, noServerTimeoutMs } = this.#options
    const send = (): void => {
      this.calls.send(call, args, this.servers.looks)
      this.#inquiry.watch()
    }
    // One look for all calls that are made in the meantime.
    this.#looking ??= this.prepare().finally(() => {
      this.#looking = undefined
    })
    this.#looking.then(() => {
      if (this.servers.noneSince === undefined) send()
      else call.fail(() => new NoServerError(service, noServerTimeoutMs))
    }, send)
  }

  /** Calls a method, possibly a built-in one, of one server. */
  callServer(server: string, method: Method, args: readonly unknown[], settings: CallSettings): Promise<unknown> {
    const { service, codec } = this.#options
    const list = serverList(service, server)
    const encoded = codec.encodeAll(args, 'args', { to: list, isRequest: true })
    const call = beginWith(this.calls, list, method, settings, encoded)
    this.calls.send(call, encoded, this.servers.looks)
    return call.answered
  }

  /** Finds the live servers. */
  async findServers(): Promise<readonly string[]> {
    await this.prepare()
    return this.servers.live
  }

  /** A question of the library, which is not a call of the user. */
  readonly asked = (question: Promise<unknown>): void => {
    this.#questions.add(question)
    const over = (): void => {
      this.#questions.delete(question)
    }
    question.then(over, over)
  }

  /**
   * Fails pending calls. Answers to questions are still read for a moment, because they would
   * otherwise stay in the inbox.
   */
  async close(): Promise<void> {
    this.#inquiry.close()
    this.calls.fail()
    const { clock } = this.#options
    await waitAtMost(clock, LAST_ANSWERS_MS, Promise.allSettled(this.#questions))
    this.calls.close()
  }

  *#asked(): Iterable<SentCall> {
    const { service } = this.#options
    for (const call of this.calls.waiting) if (call.isAskedAfter && call.list === service) yield call
  }

  #look(): Promise<TableLook> {
    const { link } = this.#options
    return link
      .run((redis) => lookAtServers(redis, this.#table, () => link.now()))
      .then((look) => {
        this.#junk += look.junk
        return look
      })
  }

  #askServer(server: string, ids: readonly number[]): Promise<Answer | undefined> {
    return this.#question(server, this.#ask, [ids], readAnswer)
  }

  #describe(server: string): Promise<ServerInfo | undefined> {
    return this.#question(server, methodOf(this.#options.service, INFO), [], readServerInfo)
  }

  async #question<A>(
    server: string,
    method: Method,
    args: readonly unknown[],
    read: (answer: unknown) => A | undefined,
  ): Promise<A | undefined> {
    const settings = { timeoutMs: ASK_MS, signal: undefined, options: undefined, isAskedAfter: false }
    let question: Promise<unknown> | undefined
    try {
      question = this.callServer(server, method, args, settings)
      this.#questions.add(question)
      const answer = read(await question)
      if (answer === undefined) this.#junk++
      return answer
    } catch {
      // It is silent or cannot say; its lease will show whether it is alive.
      return undefined
    } finally {
      if (question !== undefined) this.#questions.delete(question)
    }
  }

  /** Which calls are in the list. @see https://redis.io/docs/latest/commands/lpos/ */
  #find(calls: readonly SentCall[]): Promise<boolean[]> {
    const { link, service } = this.#options
    return link.run(async (redis) => {
      const length = await redis.llen(service)
      const most = Math.min(MOST_FOUND, Math.max(1, Math.floor(MOST_LOOKED_AT / (length + 1))))
      const positions = await Promise.all(calls.slice(0, most).map(({ text }) => redis.lpos(service, text)))
      return positions.map((position) => position !== null)
    })
  }

  #fail(call: SentCall, verdict: 'server-lost' | 'answer-lost'): void {
    const { operation } = call.method
    call.fail(() =>
      verdict === 'server-lost'
        ? new ServerLostError(operation)
        : new DeliveryUnknownError(`${operation} may have run, and its answer is lost`),
    )
  }

  /**
   * Rule R13: the server is connected to another life of Redis than the one that this call was
   * pushed to.
   */
  #again(call: SentCall, life: string): void {
    // A Cluster may have moved the list to another node without changing the connection.
    if (this.#options.link.isCluster) this.calls.life = life
    if (call.list === this.#options.service) this.#inquiry.hurry([call])
    else this.#options.onPartnerAgain?.(call)
  }

  #noServer(): void {
    const { link, service, noServerTimeoutMs } = this.#options
    for (const call of this.#asked()) {
      if (call.push === 'queued') continue
      link.takeBack.add(service, call.text, () => call.fail(() => new NoServerError(service, noServerTimeoutMs)))
    }
  }

  #endConnections({ life, connections }: TableEntry): void {
    if (life !== '' && life === this.#options.link.life) this.#options.link.endConnections(connections)
  }

  /**
   * Removes its request from the list. If a server already has it, that server is informed, unless
   * it knows from the deadline.
   */
  #givenUp(call: SentCall, how: Settlement): void {
    const { link } = this.#options
    // The removal follows the push. So once it is done, it is known whether the call was pushed at all.
    const cancel = how === 'expired' ? undefined : () => call.push !== 'queued' && this.#cancelLater(call.id)
    link.takeBack.add(call.list, call.text, undefined, cancel)
  }

  #cancelLater(id: number): void {
    // In a microtask, so that calls of one turn share a message, and a closing link still sends it.
    if (this.#cancelled.push(id) === 1) void Promise.resolve().then(() => this.#sendCancelled())
  }

  #sendCancelled(): void {
    const cancelled = this.#cancelled
    this.#cancelled = []
    const known = new Set(this.servers.live)
    for (const server of known) this.#cancelAt(server, cancelled)
    // A server that has started since the last look may have taken the calls.
    this.findServers().then(
      (live) => {
        for (const server of live) if (!known.has(server)) this.#cancelAt(server, cancelled)
      },
      () => {},
    )
  }

  #cancelAt(server: string, cancelled: readonly number[]): void {
    const { address, service } = this.#options
    this.notices.send(serverList(service, server), CANCEL, [address, cancelled], ASK_MS)
  }
}
