import { performance } from 'node:perf_hooks'
import process from 'node:process'
import * as timers from 'node:timers'
import { LONGEST_MS } from './options.ts'

/**
 * Node's timers and clocks, as they were when the library was loaded. Test runners put fakes in
 * their places (`mock.timers.enable()`, `useFakeTimers()`): a message that waits for a faked
 * `setImmediate` never leaves. So nothing else in the library uses the globals.
 *
 * They come from Node's modules, not from the globals: Jest and jsdom give each test file globals
 * of its own, which may be fakes from the start. Each is kept in a constant, since a bundler turns
 * an import into a look-up at each use.
 */
const nodeSetTimeout = timers.setTimeout
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout
export const setImmediate: typeof timers.setImmediate = timers.setImmediate
export const clearImmediate: typeof timers.clearImmediate = timers.clearImmediate
export const nextTick: typeof process.nextTick = process.nextTick

/**
 * A delay of more than {@link LONGEST_MS}, such as the sum of two options or a deadline that came from
 * elsewhere, counts as that: Node would call `run` after 1 ms.
 */
export function setTimeout(run: () => void, delayMs: number): NodeJS.Timeout {
  return nodeSetTimeout(run, Math.min(delayMs, LONGEST_MS))
}

/** Milliseconds since 1970, on the machine's clock. */
export const dateNow: () => number = Date.now

/** The same as `Date` says it just now, faked or not: for times that are values, which nobody waits for. */
export const statedNow = (): number => Date.now()

/** Milliseconds since {@link startedAt}, with fractions; it never jumps. */
export const elapsedMs: () => number = performance.now.bind(performance)

/** When the process began, in ms since 1970. */
export const startedAt: number = performance.timeOrigin
