import { type Clock, type ClockTimer, steadyClock } from '../../lib/util/clock.ts'

/** The machine's clock, which knows how many of its timers have neither fired nor been cleared. */
export class CountingClock implements Clock {
  readonly #pending = new Set<ClockTimer>()

  get pending(): number {
    return this.#pending.size
  }

  now(): number {
    return steadyClock.now()
  }

  setTimer(run: () => void, delayMs: number): ClockTimer {
    const timer = steadyClock.setTimer(() => {
      this.#pending.delete(timer)
      run()
    }, delayMs)
    this.#pending.add(timer)
    return timer
  }

  clearTimer(timer: ClockTimer | undefined): void {
    if (timer !== undefined) this.#pending.delete(timer)
    steadyClock.clearTimer(timer)
  }
}
