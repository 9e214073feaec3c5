import { type DeliveryError, DeliveryUnknownError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import type { Outgoing } from '../link/outbox.ts'

export interface SentReplyOptions {
  readonly link: Link
  readonly onError: (error: Error) => void
}

/**
 * A reply on its way. Rule R15: one whose push has an unknown fate is pushed again; its caller drops what comes twice. There is one for
 * each call: `private` fields are set in one go, `#private` ones are added one by one.
 */
export class SentReply implements Outgoing {
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
