import { type DeliveryError, DeliveryUnknownError } from '../errors.ts'
import type { Deadlines } from '../link/deadlines.ts'
import { type CallLimits, PendingCall, type Settlement } from '../link/pending-call.ts'
import type { RichText } from '../wire/codec.ts'
import type { Loan } from '../wire/handle.ts'
import { type RequestOptions, requestHead } from '../wire/message.ts'
import type { DoubtfulCall } from './inquiry.ts'

/** How one call is made, checked. */
export interface CallSettings extends CallLimits {
  /** What the request says of itself; undefined: nothing. */
  readonly options: RequestOptions | undefined
  /** Whether it is asked after when it waits for long, and sent again when it was lost. */
  readonly isAskedAfter: boolean
}

/** What all calls of one method share. */
export interface Method {
  readonly head: string
  /** How errors name it. */
  readonly operation: string
  /** Whether the service lets it run more than once; calls may say otherwise. */
  readonly isRepeatable: boolean
}

/** @param service whose method it is, for errors */
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
  /** When it was sent again; 0: it was not. Whatever was sent before had been proved lost. */
  resentAt = 0
  /** Whether somebody finds out what became of it. */
  readonly isAskedAfter: boolean
  /** The parts of its text that another attempt replaces. */
  tail = ''
  optionsText = ''
  /** How long the text of its reply was. */
  size = 0
  /** What its request has lent; undefined: nothing, or it is settled. */
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

  /** Its request is over: what it lent has been borrowed by `by`, or by nobody who has not used it yet. */
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

  /** Whether it got there is found out by asking; of a call that is not asked after, its caller is told. */
  override undelivered(error: DeliveryError): void {
    if (!this.isAskedAfter || !(error instanceof DeliveryUnknownError)) return super.undelivered(error)
    this.push = 'unknown'
  }
}

/** What is not sent lends nothing. */
export function endLoans(args: string | RichText | undefined): void {
  if (typeof args === 'object' && args.loans !== undefined) for (const loan of args.loans) loan.cancel()
}

/** A call that nobody answers: it is over once Redis has it. */
export class SentNotification extends SentCall {
  override delivered(): void {
    super.delivered()
    this.answer(undefined)
  }
}
