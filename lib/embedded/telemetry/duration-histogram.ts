/**
 * How long the calls of a command took, to two digits, as in the HDR histograms of Redis: durations up to 255 ns have a
 * bucket each, and every further doubling has 128.
 */
export class DurationHistogram {
  /** Made with the first call: most commands are never called. */
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

  /** What so many of a hundred calls did not exceed, in microseconds. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.round((percent / 100) * this.#total))
    let seen = 0
    for (const [bucket, count] of this.#counts?.entries() ?? []) {
      seen += count
      if (seen >= wanted) return highestOf(bucket) / 1000
    }
    return 0
  }

  /** How many calls took up to 1, 2, 4 … microseconds; only where that is more than before. */
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

/** Longer calls count as a second, in nanoseconds. */
const LONGEST = 1_000_000_000
/** Buckets of a doubling, and of what is below. */
const BUCKETS = 128
const BITS = 7

/** The bucket of a duration in nanoseconds. */
function bucketOf(nanoseconds: number): number {
  const doublings = Math.max(0, 31 - Math.clz32(nanoseconds) - BITS)
  return doublings * BUCKETS + (nanoseconds >>> doublings)
}

/** The longest duration of a bucket, in nanoseconds. */
function highestOf(bucket: number): number {
  const doublings = Math.max(0, Math.floor(bucket / BUCKETS) - 1)
  return (bucket - doublings * BUCKETS + 1) * 2 ** doublings - 1
}
