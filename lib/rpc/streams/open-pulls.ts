import type { Clock, ClockTimer } from '../../util/clock.ts'
import { type Deferred, deferred } from '../../util/deferred.ts'
import { BatchText, MOST_PULLS, type Pull } from './messages.ts'

/** A pull that is not answered yet. */
export interface OpenPull extends Pull {
  readonly batch: BatchText
  readonly answer: Deferred<string>
  timer: ClockTimer | undefined
}

/**
 * The pulls of a stream that are not answered yet. The pull after the next one may overtake it, so
 * it waits for that one; each is answered at the latest when its own wait is over.
 */
export class OpenPulls {
  readonly #clock: Clock
  /** In the order of their seq. */
  readonly #pulls: OpenPull[] = []
  /** The smallest seq that has not arrived. */
  #expected = 0
  /** Whether the next one after it has arrived. */
  #isNextHere = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Adds a pull; undefined: it is out of order. */
  add(pull: Pull): OpenPull | undefined {
    if (!this.#isInOrder(pull.seq)) return undefined
    const open: OpenPull = { ...pull, batch: new BatchText(), answer: deferred(), timer: undefined }
    open.timer = this.#clock.setTimer(() => this.answer(open), pull.waitMs)
    const at = this.#pulls.findIndex(({ seq }) => seq > pull.seq)
    this.#pulls.splice(at === -1 ? this.#pulls.length : at, 0, open)
    return open
  }

  /** The pull whose batch the next item goes to. */
  get head(): OpenPull | undefined {
    const head = this.#pulls[0]
    return head !== undefined && head.seq < this.#expected ? head : undefined
  }

  /** Answers with the batch so far. @param end follows the items */
  answer(pull: OpenPull, end = ''): void {
    const at = this.#pulls.indexOf(pull)
    if (at === -1) return
    this.#pulls.splice(at, 1)
    this.#clock.clearTimer(pull.timer)
    pull.answer.resolve(pull.batch.text(end))
  }

  answerAll(end: string): void {
    for (const pull of [...this.#pulls]) this.answer(pull, end)
  }

  rejectAll(error: unknown): void {
    for (const { timer, answer } of this.#pulls.splice(0)) {
      this.#clock.clearTimer(timer)
      answer.reject(error)
    }
  }

  #isInOrder(seq: number): boolean {
    if (this.#pulls.length === MOST_PULLS) return false
    if (seq === this.#expected) {
      this.#expected += this.#isNextHere ? 2 : 1
      this.#isNextHere = false
      return true
    }
    if (seq !== this.#expected + 1 || this.#isNextHere) return false
    this.#isNextHere = true
    return true
  }
}
