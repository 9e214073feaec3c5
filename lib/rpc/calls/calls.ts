import { ClosedError, MessageTooLargeError, ProtocolError } from '../../errors.ts'
import { Deadlines } from '../../link/deadlines.ts'
import type { Link } from '../../link/link.ts'
import type { PendingCall, Settlement } from '../../link/pending-call.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { Codec, RichText } from '../../wire/codec.ts'
import { decodeFailure } from '../../wire/failure.ts'
import type { Loan } from '../../wire/handle.ts'
import { checkBytes, type Limits } from '../../wire/limits.ts'
import {
  notificationText,
  requestAgain,
  requestOptionsText,
  requestTail,
  requestText,
  requestTimes,
} from '../../wire/message.ts'
import { findReplyId, type Reply, readReply } from '../../wire/reply.ts'
import type { Signing } from '../signing.ts'
import { type CallSettings, endLoans, type Method, SentCall, SentNotification } from './sent-call.ts'

export interface CallsOptions {
  /** The list that receives replies. */
  readonly address: string
  readonly link: Link
  readonly codec: Codec
  readonly limits: Limits
  readonly clock: Clock
  readonly signing: Signing
  readonly onError: (error: Error) => void
  /** The service whose servers reply, for errors. */
  readonly service: string
  /**
   * A server did not run a call, because it reads from another life of Redis than the one the call
   * was pushed to.
   */
  readonly onAgain?: (call: SentCall, life: string) => void
  /** A reply to a call that has already ended; it may contain loans. */
  readonly onLate?: (reply: Reply) => void
  /** A call whose caller no longer waits; it may be in its list or running. */
  readonly onGivenUp: (call: SentCall, how: Settlement) => void
}

/**
 * The pending calls of one endpoint, by id. This is the hot path of a client: everything here runs
 * for every call.
 */
export class Calls {
  readonly #options: CallsOptions
  readonly #codec: Codec
  readonly #link: Link
  readonly #signing: Signing
  readonly #pending = new Map<number, SentCall>()
  readonly #deadlines: Deadlines
  /** Timers for the loans of notifications. */
  readonly #lending = new Set<ClockTimer>()
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

  /** Replies to calls that had already ended. */
  get late(): number {
    return this.#late
  }

  /** Messages that were not valid replies. */
  get junk(): number {
    return this.#junk
  }

  /** The pending calls, oldest first. */
  get waiting(): Iterable<SentCall> {
    return this.#pending.values()
  }

  /** The Redis that requests are pushed to from now on. */
  set life(life: string) {
    this.#life = life
    this.#tail = requestTail(this.#options.address, life)
  }

  /** Registers a call to `list`; {@link Calls.send} sends it. @throws ClosedError */
  begin(list: string, method: Method, settings: CallSettings): SentCall {
    if (this.#isClosed) throw new ClosedError(`the client of ${this.#options.service} is closed`)
    const call = new SentCall(++this.#lastId, list, method, settings, this.#deadlines, this.#settled)
    this.#pending.set(call.id, call)
    return call
  }

  /**
   * Sends a call.
   * @param args the encoded arguments
   * @param look the number of completed looks at the table of servers
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

  /**
   * Sends a call without an answer. Its loans go to the server that uses them before the deadline.
   * @throws ClosedError
   */
  notify(list: string, method: Method, settings: CallSettings, args: string | RichText): Promise<unknown> {
    if (this.#isClosed) throw new ClosedError('the client is closed')
    const call = new SentNotification(++this.#lastId, list, method, settings, this.#deadlines, this.#settled)
    this.#pending.set(call.id, call)
    const options = requestOptionsText({ ...settings.options, notify: true })
    const text = notificationText(method.head, args, options, this.#life, this.#timesOf(call))
    try {
      checkBytes(text, this.#options.limits)
      call.text = this.#signing.sign(list, text)
      this.#link.outbox.push(list, call)
    } catch (error) {
      endLoans(args)
      call.fail(() => error)
      return call.answered
    }
    if (typeof args !== 'string' && args.loans !== undefined) this.#lendUntil(call.timeoutMs, args.loans)
    return call.answered
  }

  /** There is no reply to say who has borrowed it. */
  #lendUntil(timeoutMs: number, loans: readonly Loan[]): void {
    const { clock } = this.#options
    const timer = clock.setTimer(() => {
      this.#lending.delete(timer)
      for (const loan of loans) loan.settle(undefined)
    }, timeoutMs)
    this.#lending.add(timer)
  }

  /**
   * Sends a call again, with the same id and deadline. No server has run it, or it may run again.
   */
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

  /** Handles a message that arrived at the address. */
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

  /** Fails the user's calls, and prevents new ones. */
  fail(): void {
    this.#isClosed = true
    for (const call of [...this.#pending.values()]) if (call.isAskedAfter) call.close()
  }

  /** Fails all pending calls. */
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

  /** The only endpoint that can have answered; undefined: any server. */
  #senderOf({ list }: SentCall): string | undefined {
    return list === this.#options.service ? undefined : list
  }

  readonly #settled = (settled: PendingCall<unknown>, how: Settlement): void => {
    const call = settled as SentCall
    this.#pending.delete(call.id)
    if (call.loans !== undefined) call.settleLoans(undefined)
    if (how !== 'answered' && how !== 'failed' && call.text !== '') this.#options.onGivenUp(call, how)
  }

  /** The two timestamps of a request; calls of the same millisecond share them. */
  #timesOf(call: SentCall): string {
    if (call.deadlineAt !== this.#timesDeadline || call.timeoutMs !== this.#timesTimeout) {
      this.#timesDeadline = call.deadlineAt
      this.#timesTimeout = call.timeoutMs
      const deadline = this.#link.toRedisTime(call.deadlineAt)
      this.#times = requestTimes(deadline - call.timeoutMs, deadline)
    }
    return this.#times
  }

  /**
   * Handles an invalid reply: if its call can be determined, that call fails; otherwise it is
   * counted.
   */
  #refuse(text: string, error: Error): void {
    const id = error instanceof MessageTooLargeError ? findReplyId(text) : undefined
    const call = id === undefined ? undefined : this.#pending.get(id)
    if (call !== undefined) return call.fail(() => error)
    this.#junk++
    this.#options.onError(error)
  }

  /**
   * Handles a reply without id: the server uses the classic dialect, or the message is junk. A
   * classic server answers in order, so the reply belongs to the oldest call; once a native server
   * has answered, the message is junk.
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

/** Begins a call with encoded arguments; if that fails, their loans end. @throws ClosedError */
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
