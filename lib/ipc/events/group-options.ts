import { checkUse, type MiddlewareOption } from '../../chain/middleware.ts'
import { InvalidOptionError } from '../../errors.ts'
import { knownOptions, milliseconds, wholeNumber } from '../../util/options.ts'
import { checkIpcOptions, type IpcOptions, type IpcSettings } from '../options.ts'
import { checkFrom } from './read-stream.ts'

/** Options of a reader of a group. */
export interface GroupReadStreamOptions extends IpcOptions, MiddlewareOption {
  /**
   * Behind which event a group starts that does not exist yet: its id, `'0'` for the very beginning, or `'$'` for what comes
   * from then on. A group that exists goes on where it is. @defaultValue '$'
   */
  readonly from?: string
  /**
   * How long an event may stay unacknowledged, in ms, from 100; then another reader of the group claims it. Also the longest
   * `delayMs` of a `nack`. @defaultValue 30000
   */
  readonly claimIdleMs?: number
  /** How often an event may fail; then it goes to the dead letters. At least 1. @defaultValue 5 */
  readonly maxAttempts?: number
  /** How long `close` waits for handlers that run, in ms. @defaultValue 10000 */
  readonly drainTimeoutMs?: number
}

/** The defaults of what {@link GroupReadStreamOptions} adds. */
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

/** How long an event waits that is sent back. @throws InvalidOptionError when longer than it can wait */
export function checkDelay(delayMs: number | undefined, { claimIdleMs }: GroupSettings): number {
  const delay = milliseconds('delayMs', delayMs, 0, 0)
  if (delay > claimIdleMs) throw new InvalidOptionError('delayMs', `at most claimIdleMs, ${claimIdleMs}`, delayMs)
  return delay
}
