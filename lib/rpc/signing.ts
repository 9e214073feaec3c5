import type { KeyObject } from 'node:crypto'
import { ProtocolError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { checkBytes, type Limits } from '../wire/limits.ts'
import { isSigned, Signer, withoutSignature } from '../wire/signature.ts'

/** Signs outgoing messages and verifies incoming ones. No other code deals with signatures. */
export interface Signing {
  /** Whether there is a secret. */
  readonly isOn: boolean
  /** Messages that were not accepted. */
  readonly junk: number
  /** The text to push to a list. */
  sign(list: string, text: string): string
  /** Removes the signature of a text that was signed here. */
  unsigned(text: string): string
  /** Returns the messages from a list that are valid, without their signatures. */
  accept(list: string, texts: string[]): string[]
}

export interface SigningOptions {
  /**
   * Messages signed with any of these are accepted; the first one signs. None: nothing is signed.
   */
  readonly secret: readonly KeyObject[]
  readonly limits: Limits
  readonly clock: Clock
  readonly onError: (error: Error) => void
}

export function signingOf(options: SigningOptions): Signing {
  const [first, ...others] = options.secret
  return first === undefined ? NO_SIGNING : new SharedSecret(new Signer([first, ...others]), options)
}

const NO_SIGNING: Signing = {
  isOn: false,
  junk: 0,
  sign: (_list, text) => text,
  unsigned: (text) => text,
  accept: (_list, texts) => texts,
}

/**
 * An attacker may send many invalid messages, so they are reported at most once in this time, in
 * ms.
 */
const REPORT_EVERY_MS = 10_000

class SharedSecret implements Signing {
  readonly isOn = true
  junk = 0
  readonly #signer: Signer
  readonly #options: SigningOptions
  #reported = 0
  #nextReportAt = Number.NEGATIVE_INFINITY

  constructor(signer: Signer, options: SigningOptions) {
    this.#signer = signer
    this.#options = options
  }

  sign(list: string, text: string): string {
    return this.#signer.sign(list, text)
  }

  unsigned(text: string): string {
    return withoutSignature(text)
  }

  accept(list: string, texts: string[]): string[] {
    const accepted: string[] = []
    for (const text of texts) {
      try {
        accepted.push(this.#open(list, text))
      } catch (error) {
        this.#refuse(error as Error)
      }
    }
    return accepted
  }

  /** @throws MessageTooLargeError, ProtocolError */
  #open(list: string, text: string): string {
    if (!isSigned(text)) throw new ProtocolError(`a message on ${list} is not signed, and this end has a secret`)
    // The limit applies to the message without its signature, which is what the sender checked.
    checkBytes(withoutSignature(text), this.#options.limits)
    const message = this.#signer.verify(list, text)
    if (message !== undefined) return message
    throw new ProtocolError(`a message on ${list} has a wrong signature: its sender has another secret, or forged it`)
  }

  #refuse(error: Error): void {
    this.junk++
    const { clock, onError } = this.#options
    const now = clock.now()
    if (now < this.#nextReportAt) return
    this.#nextReportAt = now + REPORT_EVERY_MS
    const untold = this.junk - this.#reported - 1
    this.#reported = this.junk
    onError(untold === 0 ? error : new ProtocolError(`${error.message}; so were ${untold} before it`, { cause: error }))
  }
}
