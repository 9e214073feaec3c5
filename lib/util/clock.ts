import { clearTimeout, dateNow, elapsedMs, setTimeout, startedAt } from './timers.ts'

/** A pending timer; hand it back to the {@link Clock} that made it. */
export type Timer = object

/**
 * Where time comes from. Everything that waits takes a clock, so that a test advances time instead of sleeping.
 * Nothing here knows of Redis.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once, `delayMs` from now. */
  setTimer(run: () => void, delayMs: number): Timer
  /** Forgets a timer; one that has fired or was cleared is left alone. */
  clearTimer(timer: Timer | undefined): void
}

/**
 * The machine's clock as it was when the process began, and steady since: setting the clock moves no deadline. For waits.
 */
export const steadyClock: Clock = {
  now: () => Math.round(startedAt + elapsedMs()),
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}

/** The machine's own clock. Its timers keep the process alive: somebody waits on each of them. */
export const systemClock: Clock = {
  now: dateNow,
  setTimer: (run, delayMs) => setTimeout(run, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}
