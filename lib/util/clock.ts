import { clearTimeout, dateNow, elapsedMs, setTimeout, startedAt } from './timers.ts'

/** A pending timer; pass it to the {@link Clock} that made it. */
export type ClockTimer = object

/**
 * A source of time. Everything that waits takes a clock, so that tests can advance time instead of
 * sleeping. Nothing here depends on Redis.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once, `delayMs` from now. */
  setTimer(run: () => void, delayMs: number): ClockTimer
  /** Cancels a timer; does nothing if it has fired or was cancelled. */
  clearTimer(timer: ClockTimer | undefined): void
}

/**
 * The system clock at the start of the process, monotonic since then, so that setting the clock
 * does not move deadlines. Used for waits.
 */
export const steadyClock: Clock = {
  now: () => Math.round(startedAt + elapsedMs()),
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}

/**
 * The system clock. Its timers keep the process alive, because something waits for each of them.
 */
export const systemClock: Clock = {
  now: dateNow,
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}
