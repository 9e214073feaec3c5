import { type DeliveryError, DeliveryUnknownError } from '../errors.ts'
import type { Link } from '../link/link.ts'
import type { PushedMessage } from '../link/outbox.ts'

/**
 * A result that is being sent. Unlike a request it is pushed again if the outcome of the push is
 * unknown: the caller reads only the first result in the list, and a second one expires there.
 */
export class OutgoingResult implements PushedMessage {
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
