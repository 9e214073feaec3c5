import { InvalidOptionError } from '../errors.ts'
import { type Clock, steadyClock } from '../util/clock.ts'
import { callback, milliseconds, millisecondsOrInfinity, optionsObject } from '../util/options.ts'
import { thrownText } from '../wire/thrown.ts'

/** Options of everything that calls or serves. */
export interface CallEndOptions extends LinkEndOptions {
  /**
   * How long Redis may be away, once it has been reached, until what waits for it is refused, in ms. Infinity: calls wait for their own
   * time-out. @defaultValue Infinity
   */
  readonly outageTimeoutMs?: number
}

/** Options of everything that talks to Redis. */
export interface LinkEndOptions {
  /** How long to try to reach Redis before giving up, in ms. @defaultValue 5000 */
  readonly connectTimeoutMs?: number
  /**
   * Called with what has no caller to tell: junk on a list, a message that could not be sent, a connection that fails.
   * @defaultValue a warning of the process (`process.emitWarning`)
   */
  readonly onError?: (error: Error) => void
  /** Where time comes from; for tests. */
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

function warn(error: Error): void {
  process.emitWarning(error.message, {
    type: 'RedisObjectRpcWarning',
    code: (error as { code?: string }).code ?? error.name,
  })
}

function complain(thrown: unknown): void {
  process.emitWarning(`onError threw: ${thrownText(thrown)}`)
}

/** A hook that throws must not end what called it. */
function harmless(onError: (error: Error) => void): (error: Error) => void {
  return (error) => {
    try {
      // An `async` hook is a hook too; what it rejects with must not end the process.
      Promise.resolve(onError(error) as unknown).catch(complain)
    } catch (thrown) {
      complain(thrown)
    }
  }
}
