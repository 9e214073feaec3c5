import { type DeliveryError, DeliveryUnknownError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import type { Outgoing } from '../link/outbox.ts'

/**
 * A result on its way. Unlike a request it is pushed once more when its fate is unknown: its list is for one result, of which
 * its caller reads the first, and a second expires there.
 */
export class OutgoingResult implements Outgoing {
  readonly list: string
  readonly text: string
  readonly cancelled = false
  readonly #link: Link
  readonly #onError: (error: Error) => void
  #isRepeated = false

  constructor(list: string, text: string, link: Link, onError: (error: Error) => void) {
    this.list = list
    this.text = text
    this.#link = link
    this.#onError = onError
  }

  push(): void {
    this.#link.outbox.push(this.list, this)
  }

  undelivered(error: DeliveryError): void {
    if (this.#isRepeated || !this.#link.isOpen || !(error instanceof DeliveryUnknownError)) return this.#onError(error)
    this.#isRepeated = true
    this.push()
  }
}
