import { ClosedError, MessageTooLargeError, ProtocolError } from '../errors.ts'
import { Deadlines } from '../link/deadlines.ts'
import type { Link } from '../link/link.ts'
import type { PendingCall, Settlement } from '../link/pending-call.ts'
import type { Clock, Timer } from '../util/clock.ts'
import type { Codec, RichText } from '../wire/codec.ts'
import { decodeFailure } from '../wire/failure.ts'
import type { Loan } from '../wire/handle.ts'
import { checkBytes, type Limits } from '../wire/limits.ts'
import {
  notificationText,
  requestAgain,
  requestOptionsText,
  requestTail,
  requestText,
  requestTimes,
} from '../wire/message.ts'
import { findReplyId, type Reply, readReply } from '../wire/reply.ts'
import { type CallSettings, endLoans, type Method, SentCall, SentNotification } from './sent-call.ts'
import type { Signing } from './signing.ts'

export interface CallsOptions {
  /** The list that replies come to. */
  readonly address: string
  readonly link: Link
  readonly codec: Codec
  readonly limits: Limits
  readonly clock: Clock
  readonly signing: Signing
  readonly onError: (error: Error) => void
  /** Whose servers reply, for errors. */
  readonly service: string
  /** A server did not run a call, since Redis had another life than the one the call was pushed to. */
  readonly onAgain?: (call: SentCall, life: string) => void
  /** A reply that nobody waits for any more; it may have lent something. */
  readonly onLate?: (reply: Reply) => void
  /** A call whose caller no longer waits; it may be on its list, or running. */
  readonly onGivenUp: (call: SentCall, how: Settlement) => void
}

/**
 * The calls of one endpoint that wait for their replies, told apart by their ids. This is the hot path of a client: what happens
 * here happens for every call.
 */
export class Calls {
  readonly #options: CallsOptions
  readonly #codec: Codec
  readonly #link: Link
  readonly #signing: Signing
  readonly #pending = new Map<number, SentCall>()
  readonly #deadlines: Deadlines
  /** Timers of what notifications have lent. */
  readonly #lending = new Set<Timer>()
  #tail: string
  #life = ''
  #lastId = 0
  #late = 0
  #junk = 0
  #hasNativeServer = false
  #times = ''
  #timesDeadline = 0
  #timesTimeout = 0
  #isClosed = false

  constructor(options: CallsOptions) {
    this.#options = options
    this.#codec = options.codec
    this.#link = options.link
    this.#signing = options.signing
    this.#tail = requestTail(options.address, '')
    this.#deadlines = new Deadlines(
      options.clock,
      () => this.#pending.values(),
      () => this.#link.obstacle,
    )
  }

  /** Calls waiting for their reply. */
  get size(): number {
    return this.#pending.size
  }

  /** Replies that nobody waited for any more. */
  get late(): number {
    return this.#late
  }

  /** Messages that were no replies. */
  get junk(): number {
    return this.#junk
  }

  /** Those that wait, the oldest first. */
  get waiting(): Iterable<SentCall> {
    return this.#pending.values()
  }

  /** From now on requests are pushed to this Redis. */
  set life(life: string) {
    this.#life = life
    this.#tail = requestTail(this.#options.address, life)
  }

  /** Begins to wait for a call to `list`; {@link Calls.send} sends it. @throws ClosedError */
  begin(list: string, method: Method, settings: CallSettings): SentCall {
    if (this.#isClosed) throw new ClosedError(`the client of ${this.#options.service} is closed`)
    const call = new SentCall(++this.#lastId, list, method, settings, this.#deadlines, this.#settled)
    this.#pending.set(call.id, call)
    return call
  }

  /**
   * Sends a call.
   * @param args the encoded arguments
   * @param look how many looks at the table of servers were complete
   */
  send(call: SentCall, args: string | RichText, look: number): void {
    if (call.cancelled) return
    call.look = look
    call.tail = this.#tail
    if (call.options !== undefined) call.optionsText = requestOptionsText(call.options)
    const text = requestText(call.method.head, args, call.optionsText, call.tail, call.id, this.#timesOf(call))
    try {
      checkBytes(text, this.#options.limits)
    } catch (error) {
      call.fail(() => error)
      return
    }
    call.text = this.#signing.sign(call.list, text)
    this.#link.outbox.push(call.list, call)
  }

  /** Sends a call that nobody answers; what it lends is borrowed by who uses it before its deadline. @throws ClosedError */
  notify(list: string, method: Method, settings: CallSettings, args: string | RichText): Promise<unknown> {
    if (this.#isClosed) throw new ClosedError('the client is closed')
    const call = new SentNotification(++this.#lastId, list, method, settings, this.#deadlines, this.#settled)
    this.#pending.set(call.id, call)
    if (typeof args !== 'string' && args.loans !== undefined) this.#lendUntil(call.timeoutMs, args.loans)
    const options = requestOptionsText({ ...settings.options, notify: true })
    const text = notificationText(method.head, args, options, this.#life, this.#timesOf(call))
    try {
      checkBytes(text, this.#options.limits)
      call.text = this.#signing.sign(list, text)
      this.#link.outbox.push(list, call)
    } catch (error) {
      call.fail(() => error)
    }
    return call.answered
  }

  /** No reply says who has borrowed it. */
  #lendUntil(timeoutMs: number, loans: readonly Loan[]): void {
    const { clock } = this.#options
    const timer = clock.setTimer(() => {
      this.#lending.delete(timer)
      for (const loan of loans) loan.settle(undefined)
    }, timeoutMs)
    this.#lending.add(timer)
  }

  /** Sends a call once more, with the same id and deadline; nobody has run it, or it may be run again. */
  resend(call: SentCall, look: number): void {
    const before = { options: call.optionsText, tail: call.tail, id: call.id }
    call.options = { ...call.options, attempt: (call.options?.attempt ?? 1) + 1 }
    call.optionsText = requestOptionsText(call.options)
    call.tail = this.#tail
    const text = requestAgain(this.#signing.unsigned(call.text), before, call.optionsText, call.tail)
    call.text = this.#signing.sign(call.list, text)
    call.push = 'queued'
    call.look = look
    call.resentAt = this.#options.clock.now()
    this.#link.outbox.push(call.list, call)
  }

  /** Takes what came to the address. */
  take(text: string): void {
    let reply: Reply
    try {
      reply = readReply(text, this.#options.limits)
    } catch (error) {
      return this.#refuse(text, error as Error)
    }
    if (reply.id === undefined) return this.#meetClassicServer()
    this.#hasNativeServer = true
    const call = this.#pending.get(reply.id)
    if (call !== undefined) {
      call.size = text.length
      return this.#settle(call, reply)
    }
    this.#late++
    if (reply.meta !== undefined) this.#options.onLate?.(reply)
  }

  /** Fails the user's calls, and lets none begin any more. */
  fail(): void {
    this.#isClosed = true
    for (const call of [...this.#pending.values()]) if (call.isAskedAfter) call.close()
  }

  /** Fails whatever waits. */
  close(): void {
    this.#isClosed = true
    for (const call of [...this.#pending.values()]) call.close()
    this.#deadlines.stop()
    for (const timer of this.#lending) this.#options.clock.clearTimer(timer)
  }

  #settle(call: SentCall, reply: Reply): void {
    if (reply.failed) {
      if (reply.again && this.#options.onAgain !== undefined) return this.#options.onAgain(call, reply.again)
      if (call.loans !== undefined) call.settleLoans(reply.by)
      return call.fail(() => decodeFailure(reply, this.#codec))
    }
    if (call.loans !== undefined) call.settleLoans(reply.by)
    if (reply.meta === undefined) return call.answer(reply.value)
    let value: unknown
    try {
      value = this.#codec.decode(reply.value, reply.meta, 'return_value', this.#senderOf(call))
    } catch (error) {
      return call.fail(() => error)
    }
    call.answer(value)
  }

  /** The only endpoint that can have answered; undefined: any server may. */
  #senderOf({ list }: SentCall): string | undefined {
    return list === this.#options.service ? undefined : list
  }

  readonly #settled = (settled: PendingCall<unknown>, how: Settlement): void => {
    const call = settled as SentCall
    this.#pending.delete(call.id)
    if (call.loans !== undefined) call.settleLoans(undefined)
    if (how !== 'answered' && how !== 'failed' && call.text !== '') this.#options.onGivenUp(call, how)
  }

  /** The two times of a request; many calls of one millisecond share them. */
  #timesOf(call: SentCall): string {
    if (call.deadlineAt !== this.#timesDeadline || call.timeoutMs !== this.#timesTimeout) {
      this.#timesDeadline = call.deadlineAt
      this.#timesTimeout = call.timeoutMs
      const deadline = this.#link.toRedisTime(call.deadlineAt)
      this.#times = requestTimes(deadline - call.timeoutMs, deadline)
    }
    return this.#times
  }

  /** What is no reply: if its call can be told, that one fails; otherwise it is counted. */
  #refuse(text: string, error: Error): void {
    const id = error instanceof MessageTooLargeError ? findReplyId(text) : undefined
    const call = id === undefined ? undefined : this.#pending.get(id)
    if (call !== undefined) return call.fail(() => error)
    this.#junk++
    this.#options.onError(error)
  }

  /**
   * A reply without id: the server is a classic one, or somebody writes junk. A classic server answers in order, so the reply is the oldest
   * call's; once a native server has answered it means nothing.
   */
  #meetClassicServer(): void {
    this.#junk++
    const { service, onError } = this.#options
    const advice = "it speaks the classic dialect; make the client with { dialect: 'classic' }"
    const error = new ProtocolError(`the server of ${service} replied without id: ${advice}`)
    if (this.#hasNativeServer) return onError(error)
    const [oldest] = this.#pending.values()
    oldest?.fail(() => new ProtocolError(error.message))
  }
}

/** Begins a call whose arguments are encoded; what they lend comes back when it cannot begin. @throws ClosedError */
export function beginWith(
  calls: Calls,
  list: string,
  method: Method,
  settings: CallSettings,
  args: string | RichText,
): SentCall {
  try {
    const call = calls.begin(list, method, settings)
    if (typeof args !== 'string') call.loans = args.loans
    return call
  } catch (error) {
    endLoans(args)
    throw error
  }
}
