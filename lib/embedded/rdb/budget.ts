import { BadPayload } from './bad-payload.ts'

/**
 * Limits the memory for one value: a few bytes of compressed text can expand to gigabytes, and one
 * byte of a listpack becomes an element of fifty. A reader spends from the budget before it
 * allocates.
 */
export class Budget {
  /** Bytes that compressed text may expand to. */
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

/** The largest size of a Map in V8. */
const MOST_ELEMENTS = 2 ** 24
