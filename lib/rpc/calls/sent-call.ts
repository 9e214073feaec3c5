import { type DeliveryError, DeliveryUnknownError } from '../../errors.ts'
import type { Deadlines } from '../../link/deadlines.ts'
import { type CallLimits, PendingCall, type Settlement } from '../../link/pending-call.ts'
import type { RichText } from '../../wire/codec.ts'
import type { Loan } from '../../wire/handle.ts'
import { type RequestOptions, requestHead } from '../../wire/message.ts'
import type { DoubtfulCall } from '../fate/inquiry.ts'

/** Validated options of one call. */
export interface CallSettings extends CallLimits {
  /** The options in the request; undefined: none. */
  readonly options: RequestOptions | undefined
  /** Whether the client asks about it when it waits for long, and sends it again if it was lost. */
  readonly isAskedAfter: boolean
}

/** What all calls of a method have in common. */
export interface Method {
  readonly head: string
  /** Its name in errors. */
  readonly operation: string
  /** Whether the service allows it to run more than once; calls may override this. */
  readonly isRepeatable: boolean
}

/** @param service the service of the method, for errors */
export function methodOf(service: string, name: string, operation: string = name, isRepeatable = false): Method {
  return { head: requestHead(name), operation: `${service}.${operation}`, isRepeatable }
}

/** A call that waits for its reply. */
export class SentCall extends PendingCall<unknown> implements DoubtfulCall {
  readonly id: number
  /** The list it is pushed to. */
  readonly list: string
  readonly method: Method
  options: RequestOptions | undefined
  push: 'queued' | 'pushed' | 'unknown' = 'queued'
  look = 0
  /** When it was sent again; 0: never. Everything sent before that was proved to be lost. */
  resentAt = 0
  /** Whether an inquiry finds out what became of it. */
  readonly isAskedAfter: boolean
  /** The parts of its text that differ in another attempt. */
  tail = ''
  optionsText = ''
  /** The length of the text of its reply. */
  size = 0
  /** The loans in its request; undefined: none, or it is settled. */
  loans: readonly Loan[] | undefined

  constructor(
    id: number,
    list: string,
    method: Method,
    settings: CallSettings,
    deadlines: Deadlines,
    settled: (call: PendingCall<unknown>, how: Settlement) => void,
  ) {
    super(method.operation, settings, deadlines, settled)
    this.id = id
    this.list = list
    this.method = method
    this.options = settings.options
    this.isAskedAfter = settings.isAskedAfter
    this.loans = undefined
  }

  /**
   * Its request has ended: its loans were borrowed by `by`, or else only by servers that have used
   * them already.
   */
  settleLoans(by: string | undefined): void {
    const { loans } = this
    this.loans = undefined
    if (loans !== undefined) for (const loan of loans) loan.settle(by)
  }

  get sentAt(): number {
    return this.resentAt === 0 ? this.deadlineAt - this.timeoutMs : this.resentAt
  }

  get isRepeatable(): boolean {
    return this.options?.delivery === 'at-least-once'
  }

  delivered(): void {
    this.push = 'pushed'
  }

  /**
   * An inquiry finds out whether it arrived. If there is none for this call, its caller gets the
   * error.
   */
  override undelivered(error: DeliveryError): void {
    if (!this.isAskedAfter || !(error instanceof DeliveryUnknownError)) return super.undelivered(error)
    this.push = 'unknown'
  }
}

/** Ends the loans of arguments that are not sent. */
export function endLoans(args: string | RichText | undefined): void {
  if (typeof args === 'object' && args.loans !== undefined) for (const loan of args.loans) loan.cancel()
}

/** A call without an answer: it ends once Redis has it. */
export class SentNotification extends SentCall {
  override delivered(): void {
    super.delivered()
    this.answer(undefined)
  }
}
