/** What one server has measured since it was started; the times are ms. */
export interface ServerReport {
  /** The server's 12 characters, see {@link ServerInfo}. */
  readonly id: string
  /** When the report was made, in ms since 1970 on its machine's clock. */
  readonly at: number
  /** When the server was started, on the same clock. */
  readonly started: number
  /** By the names of the methods that were called; the names are those that the server exposes. */
  readonly methods: Readonly<Record<string, MethodReport>>
  /** The latest errors, oldest first; 50 at most. */
  readonly recentErrors: readonly ErrorReport[]
}

/** What a server has measured of one method. */
export interface MethodReport {
  /** Calls that were begun. */
  readonly calls: number
  /** Those that were answered with an error. */
  readonly errors: number
  /** Those that run now. */
  readonly running: number
  readonly latency: LatencyReport
  /** The last one that failed. */
  readonly lastError?: { readonly at: number; readonly name: string; readonly message: string }
}

/** How long calls took, from the start of the method to its answer. */
export interface LatencyReport {
  /** Calls that were timed. */
  readonly count: number
  readonly sumMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** How many calls took at most as long as each of {@link LATENCY_BOUNDS_MS}, and, last, how many there were. */
  readonly buckets: readonly number[]
}

/** A call that was answered with an error. Its texts are cut. */
export interface ErrorReport {
  /** In ms since 1970 on the server's clock. */
  readonly at: number
  readonly method: string
  readonly name: string
  readonly code?: string
  readonly message: string
  readonly stack?: string
  /** The list that the caller gets its replies on; empty: it was a notification. */
  readonly caller: string
  /** The trace that the call belongs to, if its metadata says so. @see https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string
}

/** Bounds of the buckets, in ms: those that OpenTelemetry has for the duration of a call. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
]
