import { LATENCY_BOUNDS_MS, type LatencyReport } from './server-report.ts'

/** Buckets per doubling of the time, so that a percentile is off by less than 1/16. */
const STEPS = 8
/** µs that fit in 31 bits: half an hour. Longer times count as this, except in sum and maximum. */
const LONGEST_US = 2 ** 31 - 1
const BUCKETS = bucketOf(LONGEST_US) + 1

/**
 * A histogram of call durations, 2 kB per method. A histogram of `node:perf_hooks` takes about 100
 * kB for the same precision, and a call into C++ for each value.
 */
export class Latency {
  readonly #fine = new Float64Array(BUCKETS)
  /** By {@link LATENCY_BOUNDS_MS}; not cumulative. */
  readonly #coarse = new Float64Array(LATENCY_BOUNDS_MS.length + 1)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  /** Part of the hot path of a server. */
  add(ms: number): void {
    this.#count++
    this.#sumMs += ms
    if (ms > this.#maxMs) this.#maxMs = ms
    const us = Math.min(ms * 1_000, LONGEST_US)
    this.#fine[bucketOf(us)]!++
    let bound = 0
    while (bound < LATENCY_BOUNDS_MS.length && ms > LATENCY_BOUNDS_MS[bound]!) bound++
    this.#coarse[bound]!++
  }

  report(): LatencyReport {
    let sum = 0
    return {
      count: this.#count,
      sumMs: rounded(this.#sumMs),
      p50Ms: this.#percentile(0.5),
      p95Ms: this.#percentile(0.95),
      p99Ms: this.#percentile(0.99),
      maxMs: rounded(this.#maxMs),
      buckets: Array.from(this.#coarse, (count) => {
        sum += count
        return sum
      }),
    }
  }

  #percentile(part: number): number {
    const rank = Math.ceil(part * this.#count)
    let seen = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#fine[bucket]!
      if (seen >= rank && seen > 0) return rounded(Math.min(middleOf(bucket), this.#maxMs))
    }
    return 0
  }
}

/**
 * Below 8 µs each value has its own bucket; above, the three bits after the leading one determine
 * it.
 */
function bucketOf(us: number): number {
  const whole = us | 0
  if (whole < STEPS) return whole
  const exponent = 31 - Math.clz32(whole)
  return (exponent - 2) * STEPS + ((whole >> (exponent - 3)) & (STEPS - 1))
}

/** In ms. */
function middleOf(bucket: number): number {
  if (bucket < STEPS) return (bucket + 0.5) / 1_000
  const width = 2 ** (Math.floor(bucket / STEPS) - 1)
  return ((STEPS + (bucket % STEPS) + 0.5) * width) / 1_000
}

/** Rounded to a µs: anything finer is noise. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
