import { type DeliveryError, DeliveryUnknownError } from '../../errors.ts'
import type { Link } from '../../link/link.ts'
import type { PushedMessage } from '../../link/outbox.ts'
import type { Clock } from '../../util/clock.ts'
import type { Codec } from '../../wire/codec.ts'
import { notificationText, requestHead, requestOptionsText, requestTimes } from '../../wire/message.ts'
import type { Signing } from '../signing.ts'

/** How long a notice is useful, in ms. */
const NOTICE_MS = 60_000
const OPTIONS = requestOptionsText({ notify: true })

export interface NoticesOptions {
  readonly link: Link
  readonly codec: Codec
  readonly clock: Clock
  readonly signing: Signing
}

/** Sends single endpoints notices, which they do not answer. Sending one twice does no harm. */
export class Notices {
  readonly #options: NoticesOptions

  constructor(options: NoticesOptions) {
    this.#options = options
  }

  /** @param name one of this library's own methods */
  send(list: string, name: string, args: readonly unknown[], worthMs: number = NOTICE_MS): void {
    const { link, codec, clock, signing } = this.#options
    const now = link.toRedisTime(clock.now())
    const times = requestTimes(now, now + worthMs)
    const notice = notificationText(requestHead(name), codec.encodeAll(args, 'args'), OPTIONS, '', times)
    const text = signing.sign(list, notice)
    link.outbox.push(list, new Notice(text, () => link.outbox.push(list, new Notice(text, () => {}))))
  }
}

class Notice implements PushedMessage {
  readonly text: string
  readonly cancelled = false
  readonly #again: () => void

  /** @param again sends it again, if it is unknown whether it arrived */
  constructor(text: string, again: () => void) {
    this.text = text
    this.#again = again
  }

  undelivered(error: DeliveryError): void {
    if (error instanceof DeliveryUnknownError) this.#again()
  }
}
