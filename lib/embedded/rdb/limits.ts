import type { Config } from '../config/config.ts'
import type { HashLimits } from '../data/hash.ts'
import type { SortedSetLimits } from '../data/sorted-set.ts'

/** The sizes up to which values are small, from CONFIG. */
export interface ValueLimits {
  readonly hash: HashLimits
  readonly sortedSet: SortedSetLimits
  readonly setMaxIntegers: number
}

export function valueLimits(config: Config): ValueLimits {
  return {
    hash: { entries: config.hashMaxEntries, valueBytes: config.hashMaxValueBytes },
    sortedSet: { entries: config.sortedSetMaxEntries, valueBytes: config.sortedSetMaxValueBytes },
    setMaxIntegers: config.setMaxIntegers,
  }
}
