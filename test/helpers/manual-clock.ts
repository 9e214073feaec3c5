import type { Clock, ClockTimer } from '../../lib/util/clock.ts'
import { until } from './until.ts'

/** A clock that stands still until {@link ManualClock.advance} moves it; for tests. */
export class ManualClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #timers = new Map<ClockTimer, { readonly at: number; readonly order: number; readonly run: () => void }>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  /** Timers that have neither fired nor been cleared. */
  get pending(): number {
    return this.#timers.size
  }

  setTimer(run: () => void, delayMs: number): ClockTimer {
    const timer = {}
    this.#timers.set(timer, { at: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run })
    return timer
  }

  clearTimer(timer: ClockTimer | undefined): void {
    if (timer !== undefined) this.#timers.delete(timer)
  }

  /** Moves time on by `ms`, firing what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const due = [...this.#timers]
        .filter(([, t]) => t.at <= end)
        .sort(([, a], [, b]) => a.at - b.at || a.order - b.order)[0]
      if (due === undefined) break
      const [timer, { at, run }] = due
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, at)
      run()
    }
    this.#nowMs = Math.max(this.#nowMs, end) // what ran may itself have moved it on
  }
}

/** What a promise settles with while time goes on, a little each turn of the event loop. */
export async function meanwhile<T>(clock: ManualClock, settling: Promise<T>): Promise<T> {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  settling.then(settled, settled)
  await until(() => {
    clock.advance(50)
    return isSettled
  })
  return settling
}
