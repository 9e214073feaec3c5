import { BadPayload } from './bad-payload.ts'

/**
 * What one value may take: a few bytes of compressed text can claim to be gigabytes, and a byte of a listpack becomes
 * an element of fifty. A reader of values spends from it before it creates anything.
 */
export class Budget {
  /** Bytes that may come out of compressed text. */
  #bytes: number
  #elements: number

  constructor(bytes: number, elements: number = MOST_ELEMENTS) {
    this.#bytes = bytes
    this.#elements = elements
  }

  spendBytes(count: number): void {
    this.#bytes -= count
    if (this.#bytes < 0) throw new BadPayload('more text than a value may have')
  }

  spendElements(count: number): void {
    this.#elements -= count
    if (this.#elements < 0) throw new BadPayload('more elements than a value may have')
  }
}

/** A table of V8 holds no more. */
const MOST_ELEMENTS = 2 ** 24
