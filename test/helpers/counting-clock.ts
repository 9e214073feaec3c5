import { type Clock, type ClockTimer, steadyClock } from '../../lib/util/clock.ts'

/** The machine's clock, which knows which of its timers have neither fired nor been cleared. */
export class CountingClock implements Clock {
  /** Each with an error that shows where it was set. */
  readonly #pending = new Map<ClockTimer, Error>()

  get pending(): number {
    return this.#pending.size
  }

  /** Where in the library each pending timer was set, the innermost place first. */
  get pendingFrom(): string[] {
    return [...this.#pending.values()].map(({ stack = '' }) => {
      const places = stack.split('\n').filter((line) => line.includes('/lib/'))
      return places.map((line) => line.trim()).join('\n')
    })
  }

  now(): number {
    return steadyClock.now()
  }

  setTimer(run: () => void, delayMs: number): ClockTimer {
    const timer = steadyClock.setTimer(() => {
      this.#pending.delete(timer)
      run()
    }, delayMs)
    this.#pending.set(timer, new Error(`a timer of ${delayMs} ms`))
    return timer
  }

  clearTimer(timer: ClockTimer | undefined): void {
    if (timer !== undefined) this.#pending.delete(timer)
    steadyClock.clearTimer(timer)
  }
}
