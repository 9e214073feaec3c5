import { InvalidOptionError } from '../../errors.ts'
import { knownOptions, milliseconds } from '../../util/options.ts'
import {
  checkIpcOptions,
  checkWait,
  type IpcOptions,
  type IpcSettings,
  keptMilliseconds,
  type WaitLimits,
  type WaitOptions,
} from '../options.ts'

/** How a cache stores its entries: in one hash, or each under its own key. */
export type CacheLayout = 'hash' | 'keys'

/** Options of a {@link Cache}. */
export interface CacheOptions extends IpcOptions {
  /**
   * `hash`: fields of one hash, as in redis_ipc; a `ttlMs` needs Redis 7.4. `keys`: a key for each
   * entry. All processes must use the same layout.
   * @defaultValue `hash` if the server has HPEXPIRE, otherwise `keys`
   */
  readonly layout?: CacheLayout
  /**
   * How often a waiting `bGet` or `getOrSet` polls for writes by other software, in ms, if the
   * server does not announce them (see `notify-keyspace-events`). Writes by this library are
   * noticed immediately.
   * @defaultValue 1000
   */
  readonly checkEveryMs?: number
}

/** The defaults of the options that {@link CacheOptions} adds. */
export const CACHE_DEFAULTS = { checkEveryMs: 1_000, lockMs: 5_000 } as const

/** {@link CacheOptions}, checked and with the defaults filled in. */
export interface CacheSettings extends IpcSettings {
  readonly layout: CacheLayout | undefined
  readonly checkEveryMs: number
}

/** @throws InvalidOptionError */
export function checkCacheOptions(options: CacheOptions): CacheSettings {
  const settings = {
    ...checkIpcOptions(options),
    layout: checkLayout(options.layout),
    checkEveryMs: milliseconds('checkEveryMs', options.checkEveryMs, CACHE_DEFAULTS.checkEveryMs),
  }
  knownOptions(options, Object.keys(settings))
  return settings
}

function checkLayout(layout: CacheLayout | undefined): CacheLayout | undefined {
  if (layout === undefined || layout === 'hash' || layout === 'keys') return layout
  throw new InvalidOptionError('layout', "'hash' or 'keys'", layout)
}

/** Options for setting an entry. */
export interface CacheSetOptions {
  /** How long the entry is kept, in ms; from 1 to 100 years. @defaultValue until it is deleted */
  readonly ttlMs?: number
}

/** Options for getting an entry or, if there is none, loading it. */
export interface GetOrSetOptions extends CacheSetOptions, WaitOptions {
  /**
   * How long a loading process may be silent before another one loads instead, in ms; from 100.
   * @defaultValue 5000
   */
  readonly lockMs?: number
}

/** @returns undefined: no expiry @throws InvalidOptionError */
export function checkTtl(options: CacheSetOptions, others: readonly string[] = []): number | undefined {
  knownOptions(options, ['ttlMs', ...others])
  return options.ttlMs === undefined ? undefined : keptMilliseconds('ttlMs', options.ttlMs, 0, 1)
}

/** {@link GetOrSetOptions}, checked. */
export interface LoadSettings {
  readonly limits: WaitLimits
  readonly ttlMs: number | undefined
  readonly lockMs: number
}

/** @throws InvalidOptionError */
export function checkGetOrSet(options: GetOrSetOptions): LoadSettings {
  return {
    limits: checkWait(options, ['ttlMs', 'lockMs']),
    ttlMs: checkTtl(options, ['timeoutMs', 'signal', 'lockMs']),
    lockMs: milliseconds('lockMs', options.lockMs, CACHE_DEFAULTS.lockMs, 100),
  }
}
