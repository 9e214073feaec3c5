import { checkLinkEndOptions, type LinkEndOptions } from '../link/options.ts'
import { abortSignal, knownOptions, milliseconds, wholeNumber } from '../util/options.ts'
import { checkMessageOptions, type MessageOptions } from '../wire/options.ts'

/** Options of every structure of this room. */
export interface IpcOptions extends LinkEndOptions, MessageOptions {}

/** {@link IpcOptions}, checked and with the defaults filled in. */
export type IpcSettings = Required<IpcOptions>

/** @throws InvalidOptionError */
export function checkIpcOptions(options: IpcOptions): IpcSettings {
  return { ...checkLinkEndOptions(options), ...checkMessageOptions(options) }
}

/** How long `close` waits for Redis, in ms: to confirm sent items, or to take items back. */
export const CLOSE_MS = 2_000

const LONGEST_KEPT_MS = 100 * 365 * 24 * 3_600_000

/**
 * A time for which Redis keeps something, in ms: up to 100 years, whereas timers allow only 24
 * days.
 * @throws InvalidOptionError
 */
export function keptMilliseconds(option: string, value: number | undefined, fallback: number, minimum: number): number {
  return wholeNumber(option, value, fallback, minimum, LONGEST_KEPT_MS)
}

/** Options of a wait. */
export interface WaitOptions {
  /** How long to wait, in ms; 0 checks without waiting. @defaultValue no limit */
  readonly timeoutMs?: number
  /** Ends the wait: it is rejected with the signal's reason. */
  readonly signal?: AbortSignal
}

/** {@link WaitOptions}, checked. */
export interface WaitLimits {
  /** Undefined: no limit. */
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal | undefined
  /** Whether the wait continues while Redis cannot be reached. */
  readonly patient: boolean
}

/** Waits without limit, through all temporary failures. */
export const PATIENT: WaitLimits = { timeoutMs: undefined, signal: undefined, patient: true }

/** @param others names of further options @throws InvalidOptionError */
export function checkWait(options: WaitOptions, others: readonly string[] = []): WaitLimits {
  knownOptions(options, ['timeoutMs', 'signal', ...others])
  const { timeoutMs } = options
  return {
    timeoutMs: timeoutMs === undefined ? undefined : milliseconds('timeoutMs', timeoutMs, 0, 0),
    signal: abortSignal('signal', options.signal),
    patient: false,
  }
}
