import type { Clock } from '../../util/clock.ts'
import { Deadline } from '../clients/deadline.ts'

/** CLIENT PAUSE: commands, or only writes, are delayed for a while. */
export class Pause {
  readonly #clock: Clock
  readonly #over: () => void
  #deadline: Deadline | undefined
  #until = 0
  #kind: 'all' | 'writes' | undefined

  /** `over` is called when the pause ends and the delayed commands may run. */
  constructor(clock: Clock, over: () => void) {
    this.#clock = clock
    this.#over = over
  }

  /** What is delayed now. */
  get kind(): 'all' | 'writes' | undefined {
    return this.#kind
  }

  /** Begins a pause; of two at the same time the longer and the stricter one applies. */
  begin(kind: 'all' | 'writes', until: number): void {
    this.#deadline?.cancel()
    if (this.#kind !== 'all') this.#kind = kind
    this.#until = Math.max(this.#until, until)
    this.#deadline = new Deadline(this.#clock, this.#until, () => this.end())
  }

  end(): void {
    this.#deadline?.cancel()
    this.#deadline = undefined
    this.#until = 0
    if (this.#kind === undefined) return
    this.#kind = undefined
    this.#over()
  }
}
