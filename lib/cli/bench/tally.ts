import { createHistogram } from 'node:perf_hooks'
import { failureOf } from '../frame/failure.ts'
import { oneLine } from '../frame/safe-text.ts'

/** How long calls took, in ms. */
export interface Latencies {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** How many calls failed in the same way. */
export interface ErrorCount {
  /** The error's code or, if it has none, its name. */
  readonly code: string
  readonly count: number
}

/** A service decides which codes there are, so their number is limited; the others are counted together. */
const MOST_CODES = 10
const LONGEST_CODE = 40
const OTHER_CODES = 'others'

/** Counts what became of calls. */
export class Tally {
  /** In µs, to three digits. */
  readonly #latency = createHistogram()
  readonly #errors = new Map<string, number>()
  #failed = 0

  get succeeded(): number {
    return this.#latency.count
  }

  get failed(): number {
    return this.#failed
  }

  /** Most frequent first. */
  get errors(): ErrorCount[] {
    return [...this.#errors].map(([code, count]) => ({ code, count })).toSorted((a, b) => b.count - a.count)
  }

  /** Of the calls that succeeded; undefined: none has. */
  get latencies(): Latencies | undefined {
    if (this.succeeded === 0) return undefined
    const [p50, p95, p99] = [50, 95, 99].map((part) => this.#latency.percentile(part) / 1_000) as [
      number,
      number,
      number,
    ]
    return { p50, p95, p99, max: this.#latency.max / 1_000 }
  }

  addSuccess(ms: number): void {
    this.#latency.record(Math.max(1, Math.round(ms * 1_000)))
  }

  addFailure(error: unknown): void {
    this.#failed++
    const { code, name } = failureOf(error)
    const text = oneLine(code ?? name, LONGEST_CODE)
    const key = this.#errors.has(text) || this.#errors.size < MOST_CODES ? text : OTHER_CODES
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1)
  }
}
