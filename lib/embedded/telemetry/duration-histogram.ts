/**
 * The durations of the calls of a command, to two digits, as in Redis's HDR histograms: durations
 * up to 255 ns have one bucket each, and every further doubling has 128.
 */
export class DurationHistogram {
  /** Created with the first call: most commands are never called. */
  #counts: Uint32Array | undefined
  #total = 0

  get total(): number {
    return this.#total
  }

  add(microseconds: number): void {
    this.#counts ??= new Uint32Array(bucketOf(LONGEST) + 1)
    this.#counts[bucketOf(Math.min(Math.max(0, Math.round(microseconds * 1000)), LONGEST))]!++
    this.#total++
  }

  reset(): void {
    this.#counts = undefined
    this.#total = 0
  }

  /** A percentile in microseconds: the duration that this percentage of calls did not exceed. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.round((percent / 100) * this.#total))
    let seen = 0
    for (const [bucket, count] of this.#counts?.entries() ?? []) {
      seen += count
      if (seen >= wanted) return highestOf(bucket) / 1000
    }
    return 0
  }

  /**
   * The number of calls that took up to 1, 2, 4 … microseconds, without repeating equal numbers.
   */
  *cumulative(): Generator<readonly [microseconds: number, calls: number]> {
    const counts = this.#counts
    if (counts === undefined) return
    let seen = 0
    let bucket = 0
    for (let level = 1024; seen < this.#total; level *= 2) {
      const before = seen
      const last = bucketOf(level)
      for (; bucket <= last && bucket < counts.length; bucket++) seen += counts[bucket]!
      if (seen > before) yield [Math.floor(highestOf(last) / 1000), seen]
    }
  }
}

/** Longer calls count as one second, in nanoseconds. */
const LONGEST = 1_000_000_000
/** The number of buckets per doubling, and of those below the first doubling. */
const BUCKETS = 128
const BITS = 7

/** The bucket of a duration in nanoseconds. */
function bucketOf(nanoseconds: number): number {
  const doublings = Math.max(0, 31 - Math.clz32(nanoseconds) - BITS)
  return doublings * BUCKETS + (nanoseconds >>> doublings)
}

/** The longest duration in a bucket, in nanoseconds. */
function highestOf(bucket: number): number {
  const doublings = Math.max(0, Math.floor(bucket / BUCKETS) - 1)
  return (bucket - doublings * BUCKETS + 1) * 2 ** doublings - 1
}
