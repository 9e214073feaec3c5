import { ClosedError, DeliveryUnknownError, ReferenceLostError, ServerLostError } from '../../errors.ts'
import type { Link } from '../../link/link.ts'
import type { Clock, ClockTimer } from '../../util/clock.ts'
import type { Codec, RichText } from '../../wire/codec.ts'
import { objectRequestHead } from '../../wire/message.ts'
import { ASK } from '../../wire/reserved.ts'
import { beginWith, type Calls } from '../calls/calls.ts'
import { type CallSettings, type Method, methodOf, type SentCall } from '../calls/sent-call.ts'
import { type Answer, MOST_IDS, readAnswer, testimonyOf } from '../fate/answer.ts'

/** How long a call waits before this end asks about it, in ms; then twice as long each time. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 10_000
/** How long an endpoint may take to answer a question, in ms. */
const ASK_MS = 1_000

export interface PartnerCallsOptions {
  readonly service: string
  readonly calls: Calls
  readonly codec: Codec
  readonly link: Link
  readonly clock: Clock
  /** Questions of the library, which are not calls of the user. */
  readonly onQuestion: ((question: Promise<unknown>) => void) | undefined
}

interface Waiting {
  nextAt: number
  waitMs: number
}

/**
 * Calls to one particular endpoint. Only it can run them, so their fate is easier to determine than
 * for a call to the service: if it does not know a call, and the call is not in its list either,
 * the call did not run, and it is sent again.
 */
export class PartnerCalls {
  readonly #options: PartnerCallsOptions
  readonly #waiting = new Map<SentCall, Waiting>()
  readonly #ask: Method
  #timer: ClockTimer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isAsking = false
  #isClosed = false

  constructor(options: PartnerCallsOptions) {
    this.#options = options
    this.#ask = methodOf(options.service, ASK)
  }

  /** Calls that wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** The lists of the endpoints that calls wait for. */
  get lists(): Set<string> {
    return new Set([...this.#waiting.keys()].map(({ list }) => list))
  }

  /**
   * Calls something that an endpoint has lent.
   * @param name the method; empty: the thing is a function
   */
  call(list: string, on: number, name: string, args: readonly unknown[], settings: CallSettings): SentCall {
    const operation = name === '' ? `a function of ${this.#options.service}` : `${this.#options.service}'s ${name}`
    return this.send(list, { head: objectRequestHead(on, name), operation, isRepeatable: false }, args, settings)
  }

  /** Calls a method of one endpoint. @throws ClosedError, and encoding errors */
  send(list: string, method: Method, args: readonly unknown[], settings: CallSettings): SentCall {
    const encoded = this.#options.codec.encodeAll(args, 'args', { to: list, isRequest: true })
    return this.sendEncoded(list, method, encoded, settings)
  }

  /** @throws ClosedError */
  sendEncoded(list: string, method: Method, args: string | RichText, settings: CallSettings): SentCall {
    const { calls, clock } = this.#options
    const call = beginWith(calls, list, method, { ...settings, isAskedAfter: true }, args)
    this.#waiting.set(call, { nextAt: clock.now() + FIRST_WAIT_MS, waitMs: FIRST_WAIT_MS })
    const over = (): void => {
      this.#waiting.delete(call)
    }
    call.answered.then(over, over)
    calls.send(call, args, 0)
    this.#wake()
    return call
  }

  /** An endpoint is gone: fails all calls that wait for it. */
  lose(list: string, how: 'left' | 'lost'): void {
    for (const call of [...this.#waiting.keys()]) {
      if (call.list !== list) continue
      const { operation } = call.method
      const reason = how === 'left' ? 'its owner was closed' : 'its owner died or is disconnected'
      call.fail(
        () =>
          new ReferenceLostError(operation, reason, {
            cause: how === 'lost' ? new ServerLostError(operation) : new ClosedError(reason),
          }),
      )
    }
  }

  /** Reconnected, or learned that a call was not run: asks about these calls immediately. */
  hurry(some: Iterable<SentCall> = this.#waiting.keys()): void {
    const now = this.#options.clock.now()
    for (const call of some) {
      const waiting = this.#waiting.get(call)
      if (waiting !== undefined) waiting.nextAt = now
    }
    this.#wake()
  }

  close(): void {
    this.#isClosed = true
    this.#options.clock.clearTimer(this.#timer)
    this.#waiting.clear()
  }

  #wake(): void {
    if (this.#isClosed || this.#isAsking || this.#waiting.size === 0) return
    let at = Number.POSITIVE_INFINITY
    for (const { nextAt } of this.#waiting.values()) at = Math.min(at, nextAt)
    if (this.#timer !== undefined && this.#timerAt <= at) return
    const { clock } = this.#options
    clock.clearTimer(this.#timer)
    this.#timerAt = at
    this.#timer = clock.setTimer(this.#tick, Math.max(0, at - clock.now()))
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    this.#isAsking = true
    this.#round()
      .catch(() => {})
      .finally(() => {
        this.#isAsking = false
        this.#wake()
      })
  }

  async #round(): Promise<void> {
    const now = this.#options.clock.now()
    const due = new Map<string, SentCall[]>()
    for (const [call, waiting] of this.#waiting) {
      if (waiting.nextAt > now) continue
      waiting.nextAt = now + waiting.waitMs
      waiting.waitMs = Math.min(waiting.waitMs * 2, LONGEST_WAIT_MS)
      if (call.push === 'queued') continue
      const calls = due.get(call.list)
      if (calls === undefined) due.set(call.list, [call])
      else calls.push(call)
    }
    if (this.#options.link.connectedAt === undefined) return
    await Promise.all([...due].map(([list, calls]) => this.#askAfter(list, calls)))
  }

  async #askAfter(list: string, calls: readonly SentCall[]): Promise<void> {
    const { link } = this.#options
    for (let at = 0; at < calls.length; at += MOST_IDS) {
      const unknown = await this.#unknown(list, calls.slice(at, at + MOST_IDS))
      const isPushSettled = link.hasEndedFormer
      const gone: SentCall[] = []
      for (const call of unknown) {
        const position = await link.run((redis) => redis.lpos(list, call.text))
        if (position === null && !call.cancelled) gone.push(call)
      }
      // It may have been popped between the two looks.
      for (const call of await this.#unknown(list, gone)) {
        if (call.push === 'pushed' || isPushSettled) this.#resend(call)
      }
    }
  }

  /** The calls that their endpoint does not know. */
  async #unknown(list: string, calls: readonly SentCall[]): Promise<SentCall[]> {
    if (calls.length === 0) return []
    const { clock } = this.#options
    const answer = await this.#question(list, calls)
    if (answer === undefined) return []
    const unknown: SentCall[] = []
    for (const call of calls) {
      if (call.cancelled || call.push === 'queued') continue
      const said = testimonyOf(answer, call.id, clock.now() - call.sentAt)
      if (said === 'unknown' || said === 'unknown-here') unknown.push(call)
      else if (said === 'done') {
        const { operation } = call.method
        call.fail(() => new DeliveryUnknownError(`${operation} has run, and its answer is lost`))
      }
    }
    return unknown
  }

  async #question(list: string, asked: readonly SentCall[]): Promise<Answer | undefined> {
    const { calls, codec, onQuestion } = this.#options
    const settings = { timeoutMs: ASK_MS, signal: undefined, options: undefined, isAskedAfter: false }
    const call = calls.begin(list, this.#ask, settings)
    calls.send(call, codec.encodeAll([asked.map(({ id }) => id)], 'args'), 0)
    onQuestion?.(call.answered)
    // It is silent or cannot say; its lease will show whether it is alive.
    return call.answered.then(readAnswer, () => undefined)
  }

  #resend(call: SentCall): void {
    this.#options.calls.resend(call, 0)
    const waiting = this.#waiting.get(call)
    if (waiting === undefined) return
    waiting.waitMs = FIRST_WAIT_MS
    waiting.nextAt = this.#options.clock.now() + FIRST_WAIT_MS
  }
}
