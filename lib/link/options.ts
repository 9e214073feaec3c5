import { InvalidOptionError } from '../errors.ts'
import { type Clock, steadyClock } from '../util/clock.ts'
import { callback, milliseconds, millisecondsOrInfinity, optionsObject } from '../util/options.ts'
import { thrownText } from '../wire/thrown.ts'

/** Options of all clients and servers. */
export interface CallEndOptions extends LinkEndOptions {
  /**
   * After a successful connection: how long Redis may be unavailable before waiting calls fail, in
   * ms. Infinity: calls wait for their own time-out.
   * @defaultValue Infinity
   */
  readonly outageTimeoutMs?: number
}

/** Options of everything that connects to Redis. */
export interface LinkEndOptions {
  /** How long to try to reach Redis before giving up, in ms. @defaultValue 5000 */
  readonly connectTimeoutMs?: number
  /**
   * Receives errors that no caller gets: invalid messages in a list, messages that could not be
   * sent, failing connections.
   * @defaultValue a process warning (`process.emitWarning`)
   */
  readonly onError?: (error: Error) => void
  /** The source of time; for tests. */
  readonly clock?: Clock
}

/** The defaults of {@link LinkEndOptions}. */
export const LINK_DEFAULTS = { connectTimeoutMs: 5_000 } as const

/** Checks {@link LinkEndOptions} and fills in their defaults. @throws InvalidOptionError */
export function checkLinkEndOptions(options: LinkEndOptions): Required<LinkEndOptions> {
  optionsObject(options)
  const clock = options.clock ?? steadyClock
  if (typeof clock?.now !== 'function' || typeof clock.setTimer !== 'function')
    throw new InvalidOptionError('clock', 'a Clock', options.clock)
  return {
    connectTimeoutMs: milliseconds('connectTimeoutMs', options.connectTimeoutMs, LINK_DEFAULTS.connectTimeoutMs),
    onError: harmless(callback('onError', options.onError, warn)),
    clock,
  }
}

/** Checks {@link CallEndOptions} and fills in their defaults. @throws InvalidOptionError */
export function checkCallEndOptions(options: CallEndOptions): Required<CallEndOptions> {
  return {
    ...checkLinkEndOptions(options),
    outageTimeoutMs: millisecondsOrInfinity('outageTimeoutMs', options.outageTimeoutMs, Number.POSITIVE_INFINITY, 0),
  }
}

/** What a method threw may be any object: the code of a `DOMException` is a number, for example. */
function warn(error: Error): void {
  const { code } = error as { readonly code?: unknown }
  process.emitWarning(String(error.message), {
    type: 'RedisObjectRpcWarning',
    code: typeof code === 'string' ? code : String(error.name),
  })
}

function complain(thrown: unknown): void {
  process.emitWarning(`onError threw: ${thrownText(thrown)}`)
}

/** A hook that throws must not affect its caller. */
function harmless(onError: (error: Error) => void): (error: Error) => void {
  return (error) => {
    try {
      // The hook may be `async`; its rejection must not end the process.
      Promise.resolve(onError(error) as unknown).catch(complain)
    } catch (thrown) {
      complain(thrown)
    }
  }
}
