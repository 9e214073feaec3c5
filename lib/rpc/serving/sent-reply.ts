import { type DeliveryError, DeliveryUnknownError } from '../../errors.ts'
import type { Link } from '../../link/link.ts'
import type { PushedMessage } from '../../link/outbox.ts'

export interface SentReplyOptions {
  readonly link: Link
  readonly onError: (error: Error) => void
}

/**
 * A reply that is being sent. Rule R15: if the outcome of its push is unknown, it is pushed again;
 * the caller drops duplicates. There is one for each call, so it uses `private` fields, which are
 * set at once, while `#private` ones are added one by one.
 */
export class SentReply implements PushedMessage {
  readonly text: string
  readonly cancelled = false
  private readonly list: string
  private readonly options: SentReplyOptions

  constructor(list: string, text: string, options: SentReplyOptions) {
    this.text = text
    this.list = list
    this.options = options
  }

  undelivered(error: DeliveryError): void {
    if (error instanceof DeliveryUnknownError) this.options.link.outbox.push(this.list, this)
    else this.options.onError(error)
  }
}
