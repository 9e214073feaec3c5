import { checkUse, type MiddlewareOption } from '../../chain/middleware.ts'
import { InvalidOptionError } from '../../errors.ts'
import { knownOptions, milliseconds, wholeNumber } from '../../util/options.ts'
import { checkIpcOptions, type IpcOptions, type IpcSettings } from '../options.ts'
import { checkFrom } from './read-stream.ts'

/** Options of a reader of a group. */
export interface GroupReadStreamOptions extends IpcOptions, MiddlewareOption {
  /**
   * The event after which a new group starts: its id, `'0'` for the beginning, or `'$'` for events
   * from then on. An existing group continues where it is.
   * @defaultValue '$'
   */
  readonly from?: string
  /**
   * How long an event may stay unacknowledged before another reader of the group claims it, in ms;
   * from 100. Also the longest `delayMs` of a `nack`.
   * @defaultValue 30000
   */
  readonly claimIdleMs?: number
  /** After this many failed attempts an event becomes a dead letter; at least 1. @defaultValue 5 */
  readonly maxAttempts?: number
  /** How long `close` waits for running handlers, in ms. @defaultValue 10000 */
  readonly drainTimeoutMs?: number
}

/** The defaults of the options that {@link GroupReadStreamOptions} adds. */
export const GROUP_READ_STREAM_DEFAULTS = { claimIdleMs: 30_000, maxAttempts: 5, drainTimeoutMs: 10_000 } as const

/** {@link GroupReadStreamOptions}, checked and with the defaults filled in. */
export type GroupSettings = IpcSettings & Required<GroupReadStreamOptions>

/** @throws InvalidOptionError */
export function checkGroupOptions(options: GroupReadStreamOptions): GroupSettings {
  const { claimIdleMs, maxAttempts, drainTimeoutMs } = GROUP_READ_STREAM_DEFAULTS
  const settings = {
    ...checkIpcOptions(options),
    use: checkUse(options),
    from: checkFrom(options.from),
    claimIdleMs: milliseconds('claimIdleMs', options.claimIdleMs, claimIdleMs, 100),
    maxAttempts: wholeNumber('maxAttempts', options.maxAttempts, maxAttempts, 1),
    drainTimeoutMs: milliseconds('drainTimeoutMs', options.drainTimeoutMs, drainTimeoutMs, 0),
  }
  knownOptions(options, Object.keys(settings))
  return settings
}

/**
 * How long a returned event waits.
 * @throws InvalidOptionError when that is longer than `claimIdleMs`
 */
export function checkDelay(delayMs: number | undefined, { claimIdleMs }: GroupSettings): number {
  const delay = milliseconds('delayMs', delayMs, 0, 0)
  if (delay > claimIdleMs) throw new InvalidOptionError('delayMs', `at most claimIdleMs, ${claimIdleMs}`, delayMs)
  return delay
}
