import { checkUse, type MiddlewareOption } from '../../chain/middleware.ts'
import { flag, knownOptions, milliseconds, wholeNumber } from '../../util/options.ts'
import { checkIpcOptions, type IpcOptions, type IpcSettings } from '../options.ts'

/** Options of a plain reader of a queue. */
export interface ReadQueueOptions extends IpcOptions, MiddlewareOption {
  /**
   * Whether a task stays in Redis until it is acknowledged.
   * @defaultValue false: reading a task removes it
   */
  readonly reliable?: boolean
  /** How long `close` waits for running handlers, in ms. @defaultValue 10000 */
  readonly drainTimeoutMs?: number
}

/** Options of a reader whose tasks stay in Redis until they are acknowledged. */
export interface ReliableReadQueueOptions extends ReadQueueOptions {
  readonly reliable: true
  /**
   * How long a task may stay unacknowledged before it counts as failed and goes back to the queue,
   * in ms.
   * @defaultValue 30000
   */
  readonly visibilityTimeoutMs?: number
  /**
   * How long this reader may be silent before it counts as lost and others get its tasks, in ms;
   * from 100. It renews its lease three times in that time.
   * @defaultValue 15000
   */
  readonly leaseMs?: number
  /** After this many failed attempts a task becomes a dead letter; at least 1. @defaultValue 5 */
  readonly maxAttempts?: number
}

/** The defaults of the options of readers. */
export const READ_QUEUE_DEFAULTS = {
  drainTimeoutMs: 10_000,
  visibilityTimeoutMs: 30_000,
  leaseMs: 15_000,
  maxAttempts: 5,
} as const

/** {@link ReadQueueOptions}, checked and with the defaults filled in. */
export type PlainSettings = IpcSettings & Required<ReadQueueOptions>
/** {@link ReliableReadQueueOptions}, checked and with the defaults filled in. */
export type ReliableSettings = IpcSettings & Required<ReliableReadQueueOptions>

/** @throws InvalidOptionError */
export function checkReadQueueOptions(
  options: ReadQueueOptions | ReliableReadQueueOptions,
): PlainSettings | ReliableSettings {
  const common = {
    ...checkIpcOptions(options),
    use: checkUse(options),
    reliable: flag('reliable', options.reliable, false),
    drainTimeoutMs: milliseconds('drainTimeoutMs', options.drainTimeoutMs, READ_QUEUE_DEFAULTS.drainTimeoutMs, 0),
  }
  if (!common.reliable) {
    knownOptions(options, Object.keys(common))
    return common
  }
  const given = options as ReliableReadQueueOptions
  const { visibilityTimeoutMs, leaseMs, maxAttempts } = READ_QUEUE_DEFAULTS
  const settings = {
    ...common,
    reliable: true as const,
    visibilityTimeoutMs: milliseconds('visibilityTimeoutMs', given.visibilityTimeoutMs, visibilityTimeoutMs),
    leaseMs: milliseconds('leaseMs', given.leaseMs, leaseMs, 100),
    maxAttempts: wholeNumber('maxAttempts', given.maxAttempts, maxAttempts, 1),
  }
  knownOptions(options, Object.keys(settings))
  return settings
}
