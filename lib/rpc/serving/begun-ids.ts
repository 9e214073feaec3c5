/** How many ids a record covers initially. */
const FIRST_SPAN = 1_024
/** How many ids the largest record covers: 128 KiB for a client that has sent a million calls. */
const LONGEST_SPAN = 1_048_576
/**
 * A record grows only if it contains one begun id per this many covered ones: the sender chooses
 * ids, but this end pays for the memory.
 */
const SPARSEST = 64

/**
 * Records which calls of one client were begun: one bit for each of its latest ids, which count
 * upwards. It grows with the ids up to a limit; then the oldest are forgotten.
 */
export class BegunIds {
  #span = FIRST_SPAN
  #bits: Uint32Array = new Uint32Array(FIRST_SPAN / 32)
  /** The first of the `#span` covered ids; a multiple of 32. */
  #first: number
  /** Some ids below this one were begun and forgotten. */
  #forgottenBelow = 0
  #begun = 0

  /**
   * @param id the first that will be added; ids that arrive out of order are usually close to it
   */
  constructor(id: number) {
    this.#first = Math.max(0, align(id - FIRST_SPAN / 2))
  }

  /** Records that a call was begun. */
  add(id: number): void {
    if (id < this.#first) {
      this.#forgottenBelow = Math.max(this.#forgottenBelow, id + 1)
      return
    }
    if (id >= this.#first + this.#span) this.#cover(id)
    const at = id % this.#span
    this.#bits[at >>> 5]! |= 1 << (at & 31)
    this.#begun++
  }

  /** Undefined: it may have been begun and forgotten. */
  has(id: number): boolean | undefined {
    if (id < this.#first) return id < this.#forgottenBelow ? undefined : false
    if (id >= this.#first + this.#span) return false
    const at = id % this.#span
    return (this.#bits[at >>> 5]! & (1 << (at & 31))) !== 0
  }

  #cover(id: number): void {
    while (id >= this.#first + this.#span && this.#span < LONGEST_SPAN && this.#begun * SPARSEST >= this.#span)
      this.#grow()
    if (id < this.#first + this.#span) return
    // An eighth is forgotten at once, so that this is rare.
    const first = align(Math.max(id - this.#span + 32, this.#first + this.#span / 8))
    const dropped = Math.min(first - this.#first, this.#span)
    for (let done = 0; done < dropped; done += 32) this.#bits[((this.#first + done) % this.#span) >>> 5] = 0
    this.#first = first
    this.#forgottenBelow = first
  }

  #grow(): void {
    const old = this.#bits
    const span = this.#span
    this.#span = span * 2
    this.#bits = new Uint32Array(this.#span / 32)
    for (let id = this.#first; id < this.#first + span; id += 32) {
      this.#bits[(id % this.#span) >>> 5] = old[(id % span) >>> 5]!
    }
  }
}

function align(id: number): number {
  return Math.floor(id / 32) * 32
}
