import { InvalidOptionError } from '../errors.ts'
import type { CallFilter } from '../rpc/watch/call-record.ts'
import { abortSignal, flag, knownOptions, nonEmptyString, optionsObject } from '../util/options.ts'

/** Options of {@link ClientControl.watch}. */
export interface WatchOptions extends CallFilter {
  /** Ends the iteration: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** {@link WatchOptions}, checked. */
export interface WatchSettings {
  readonly filter: CallFilter
  readonly signal: AbortSignal | undefined
}

/** @throws InvalidOptionError */
export function checkWatchOptions(options: WatchOptions): WatchSettings {
  optionsObject(options)
  const { method, failed, minDurationMs, signal } = options
  knownOptions(options, ['method', 'failed', 'minDurationMs', 'signal'])
  return {
    filter: {
      ...(method !== undefined && { method: nonEmptyString('method', method) }),
      ...(flag('failed', failed, false) && { failed: true }),
      ...(minDurationMs !== undefined && { minDurationMs: duration(minDurationMs) }),
    },
    signal: abortSignal('signal', signal),
  }
}

function duration(ms: number): number {
  if (Number.isFinite(ms) && ms >= 0) return ms
  throw new InvalidOptionError('minDurationMs', 'a finite number of ms, 0 or more', ms)
}
