import { InvalidOptionError } from '../errors.ts'
import type { CallFilter } from '../rpc/watch/call-record.ts'
import { abortSignal, flag, knownOptions, nonEmptyString, optionsObject } from '../util/options.ts'

/** Options of {@link ClientControl.watch}. */
export interface WatchOptions extends CallFilter {
  /** Ends the iteration: it rejects with the signal's reason. By default the signal given to `with`, if any. */
  readonly signal?: AbortSignal | undefined
}

/** {@link WatchOptions}, checked. */
export interface WatchSettings {
  readonly filter: CallFilter
  readonly signal: AbortSignal | undefined
}

/**
 * @param inherited the signal of the client's calls
 * @throws InvalidOptionError
 */
export function checkWatchOptions(options: WatchOptions, inherited: AbortSignal | undefined): WatchSettings {
  optionsObject(options)
  const { method, failed, minDurationMs, signal } = options
  knownOptions(options, ['method', 'failed', 'minDurationMs', 'signal'])
  return {
    filter: {
      ...(method !== undefined && { method: nonEmptyString('method', method) }),
      ...(flag('failed', failed, false) && { failed: true }),
      ...(minDurationMs !== undefined && { minDurationMs: duration(minDurationMs) }),
    },
    signal: 'signal' in options ? abortSignal('signal', signal) : inherited,
  }
}

function duration(ms: number): number {
  if (Number.isFinite(ms) && ms >= 0) return ms
  throw new InvalidOptionError('minDurationMs', 'a finite number of ms, 0 or more', ms)
}
