import { ClosedError, type DeliveryError, InvalidOptionError, ProtocolError, SerializationError } from '../errors.ts'
import { Deadlines } from '../link/deadlines.ts'
import { PendingCall } from '../link/pending-call.ts'
import { ReplyLists } from '../link/reply-lists.ts'
import type { RedisAddress } from '../link/source.ts'
import type { ClockTimer } from '../util/clock.ts'
import { Codec } from '../wire/codec.ts'
import { newClassicReplyList } from '../wire/keys.ts'
import { checkBytes, type Limits } from '../wire/limits.ts'
import { classicRequestText } from '../wire/message.ts'
import { type Reply, readReply } from '../wire/reply.ts'
import { type Caller, type ClientStats, settle } from './caller.ts'
import { NamedArguments } from './kwargs.ts'
import type { CheckedCallOptions, ClientSettings } from './options.ts'

/**
 * How long a reply list is watched after its call has ended without a reply, so that a late reply does not stay in
 * Redis forever.
 */
const LINGER_MS = 60_000

/**
 * Makes calls in the dialect of the Python, Ruby and PHP originals: a new reply list for each call,
 * plain JSON only, no deadline. A call that times out removes its request from the list, as in the
 * Ruby original.
 */
export class ClassicCaller implements Caller {
  readonly #service: string
  readonly #settings: ClientSettings & Limits
  readonly #codec: Codec
  readonly #replies: ReplyLists
  readonly #pending = new Map<string, PendingCall<unknown>>()
  readonly #lingering = new Map<string, ClockTimer>()
  readonly #deadlines: Deadlines
  #late = 0
  #junk = 0
  #closing: Promise<void> | undefined

  constructor(address: RedisAddress, service: string, settings: ClientSettings) {
    this.#service = service
    this.#settings = { ...settings, of: `the client of ${service}` }
    this.#codec = new Codec({ classes: settings.classes, types: settings.types, limits: this.#settings })
    this.#deadlines = new Deadlines(
      settings.clock,
      () => this.#pending.values(),
      () => this.#replies.link.obstacle,
    )
    this.#replies = new ReplyLists(address, {
      home: service,
      onReply: (list, text) => this.#take(list, text),
      onError: settings.onError,
      expireMs: () => undefined,
      connectTimeoutMs: settings.connectTimeoutMs,
      clock: settings.clock,
    })
  }

  get stats(): ClientStats {
    return { pending: this.#pending.size, late: this.#late, junk: this.#junk, lent: 0, borrowed: 0 }
  }

  async call(
    method: string,
    args: readonly unknown[],
    options: CheckedCallOptions,
    operation: string = method,
  ): Promise<unknown> {
    if (this.#closing !== undefined) throw new ClosedError(`the client of ${this.#service} is closed`)
    options.signal?.throwIfAborted()
    if (options.given.idempotencyKey !== undefined) throw notClassic('an idempotencyKey')
    const list = newClassicReplyList(this.#service)
    const text = this.#requestText(method, args, list)
    const call = new PendingCall<unknown>(`${this.#service}.${operation}`, options, this.#deadlines, () =>
      this.#release(list, text),
    )
    call.text = text
    this.#pending.set(list, call)
    const { link } = this.#replies
    if (link.isOpen) this.#send(list, call)
    else {
      link.open().then(
        () => this.#send(list, call),
        (error: DeliveryError) => call.undelivered(error),
      )
    }
    return call.answered
  }

  notify(): Promise<void> {
    return Promise.reject(notClassic('notify()'))
  }

  isRepeatable(): boolean {
    return false
  }

  pipe(): Promise<never> {
    return Promise.reject(notClassic('pipe'))
  }

  all(): AsyncIterable<never> {
    throw notClassic('all()')
  }

  servers(): Promise<never> {
    return Promise.reject(notClassic('servers()'))
  }

  reports(): Promise<never> {
    return Promise.reject(notClassic('reports()'))
  }

  watch(): never {
    throw notClassic('watch()')
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const call of [...this.#pending.values()]) call.close()
    for (const timer of this.#lingering.values()) this.#settings.clock.clearTimer(timer)
    this.#lingering.clear()
    this.#deadlines.stop()
    await this.#replies.close()
  }

  #requestText(method: string, args: readonly unknown[], list: string): string {
    const last = args.at(-1)
    const named = last instanceof NamedArguments ? last.values : {}
    const positional = last instanceof NamedArguments ? args.slice(0, -1) : args
    const text = classicRequestText(method, this.#plain(positional, 'args'), this.#plain(named, 'kwargs'), list)
    checkBytes(text, this.#settings)
    return text
  }

  #plain(value: unknown, root: string): string {
    const encoded = this.#codec.encode(value, root)
    if (typeof encoded === 'string') return encoded
    const problem = 'the classic dialect carries only what plain JSON carries exactly'
    throw new SerializationError(root, problem, undefined, this.#settings.of)
  }

  #send(list: string, call: PendingCall<unknown>): void {
    if (call.cancelled) return
    this.#replies.expect(list)
    this.#replies.link.outbox.push(this.#service, call)
  }

  /**
   * An answered call leaves nothing behind. A call without a reply removes its request and watches for
   * a late reply.
   */
  #release(list: string, text: string): void {
    this.#pending.delete(list)
    if (!this.#replies.isExpected(list)) return
    this.#replies.link.takeBack.add(this.#service, text, () => this.#replies.forget(list))
    const timer = this.#settings.clock.setTimer(() => {
      this.#lingering.delete(list)
      this.#replies.forget(list)
    }, LINGER_MS)
    this.#lingering.set(list, timer)
  }

  #take(list: string, text: string): void {
    const call = this.#pending.get(list)
    if (call === undefined) {
      this.#late++
      this.#settings.clock.clearTimer(this.#lingering.get(list))
      this.#lingering.delete(list)
      return
    }
    let reply: Reply
    try {
      reply = readReply(text, this.#settings)
    } catch (error) {
      this.#junk++
      return call.fail(() => asReplyError(call.operation, error as Error))
    }
    settle(call, reply, this.#codec)
  }
}

/**
 * Python writes `NaN` and `Infinity`, which are not JSON: the caller learns that the reply was
 * invalid.
 */
function asReplyError(operation: string, error: Error): Error {
  return error instanceof ProtocolError
    ? new ProtocolError(`the reply to ${operation} could not be read: ${error.message}`, { cause: error })
    : error
}

function notClassic(what: string): InvalidOptionError {
  return new InvalidOptionError('dialect', `'native' for ${what}`, 'classic')
}
