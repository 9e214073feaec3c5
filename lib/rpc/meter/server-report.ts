import { isRecord } from '../../util/is-object.ts'

/** Measurements of one server since it was started; times are in ms. */
export interface ServerReport {
  /** The server's 12 characters, see {@link ServerInfo}. */
  readonly id: string
  /** When the report was created, in ms since 1970 on its machine's clock. */
  readonly at: number
  /** When the server was started, on the same clock. */
  readonly started: number
  /**
   * By the names of the methods that were called: exposed methods, `rpc.get`, `rpc.set` and
   * `rpc.pipe`. All other calls are under `_OTHER`: names that the server does not expose, and
   * methods of lent objects.
   */
  readonly methods: Readonly<Record<string, MethodReport>>
  /** The latest errors, oldest first; at most 50. */
  readonly recentErrors: readonly ErrorReport[]
}

/** Measurements of one method. */
export interface MethodReport {
  /** Calls that have ended, with a value or with an error. */
  readonly calls: number
  /** Calls that ended with an error, including those that were refused and did not run. */
  readonly errors: number
  /** Calls that are running. */
  readonly running: number
  readonly latency: LatencyReport
  /** The latest error. */
  readonly lastError?: Pick<ErrorReport, 'at' | 'name' | 'message'>
}

/**
 * Durations of the calls that were run, from the start of the method to its answer. Percentiles are
 * accurate to 7 %.
 */
export interface LatencyReport {
  /** The number of calls. */
  readonly count: number
  readonly sumMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /**
   * For each of {@link LATENCY_BOUNDS_MS}, how many calls took at most that long; the last element
   * is the total.
   */
  readonly buckets: readonly number[]
}

/** A call that was answered with an error. Its texts are truncated. */
export interface ErrorReport {
  /** In ms since 1970 on the server's clock. */
  readonly at: number
  readonly method: string
  readonly name: string
  readonly code?: string
  readonly message: string
  readonly stack?: string
  /** The caller's reply list; empty for a notification. */
  readonly caller: string
  /**
   * The trace of the call, if its metadata contains one.
   * @see https://www.w3.org/TR/trace-context/
   */
  readonly traceparent?: string
}

/**
 * Bounds of the buckets, in ms, as OpenTelemetry recommends for call durations.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/
 */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
]

/** The name under which calls without an exposed name are reported. */
export const OTHER_METHODS = '_OTHER'
export const MOST_ERRORS = 50
/** The largest lengths of a name, a message and a stack in a report, in characters. */
export const LONGEST_TEXTS = { name: 200, message: 1_000, stack: 4_000 } as const

/** Reads a report from a server; undefined if it is invalid. */
export function readServerReport(value: unknown): ServerReport | undefined {
  const { id, at, started, methods, recentErrors } = fieldsOf(value)
  if (typeof id !== 'string' || !areCounts(at, started) || !isRecord(methods)) return undefined
  if (!Array.isArray(recentErrors) || recentErrors.length > MOST_ERRORS) return undefined
  const errors = recentErrors.map(readError)
  const entries = Object.entries(methods).map(([name, each]) => [name, readMethod(each)] as const)
  if (!areDefined(errors) || entries.some(([, each]) => each === undefined)) return undefined
  return {
    id,
    at: at as number,
    started: started as number,
    methods: Object.fromEntries(entries) as Record<string, MethodReport>,
    recentErrors: errors,
  }
}

function readMethod(value: unknown): MethodReport | undefined {
  const { calls, errors, running, latency, lastError } = fieldsOf(value)
  const times = readLatency(latency)
  if (!areCounts(calls, errors, running) || times === undefined) return undefined
  const report = { calls, errors, running, latency: times } as MethodReport
  if (lastError === undefined) return report
  const { at, name, message } = fieldsOf(lastError)
  if (!areCounts(at) || !isText(name, LONGEST_TEXTS.name) || !isText(message, LONGEST_TEXTS.message)) return undefined
  return { ...report, lastError: { at: at as number, name, message } }
}

function readLatency(value: unknown): LatencyReport | undefined {
  const { count, sumMs, p50Ms, p95Ms, p99Ms, maxMs, buckets } = fieldsOf(value)
  if (!areCounts(count, sumMs, p50Ms, p95Ms, p99Ms, maxMs)) return undefined
  if (!Array.isArray(buckets) || buckets.length !== LATENCY_BOUNDS_MS.length + 1 || !areCounts(...buckets))
    return undefined
  return { count, sumMs, p50Ms, p95Ms, p99Ms, maxMs, buckets: [...buckets] } as LatencyReport
}

function readError(value: unknown): ErrorReport | undefined {
  const { at, method, name, code, message, stack, caller, traceparent } = fieldsOf(value)
  if (!areCounts(at)) return undefined
  const texts = { method, name, message, caller }
  const more = Object.fromEntries(Object.entries({ code, stack, traceparent }).filter(([, text]) => text !== undefined))
  const longest = LONGEST_TEXTS.stack
  if (![...Object.values(texts), ...Object.values(more)].every((text) => isText(text, longest))) return undefined
  return { at, ...texts, ...more } as ErrorReport
}

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function isText(value: unknown, longest: number): value is string {
  // One more, because truncated texts end with an ellipsis.
  return typeof value === 'string' && value.length <= longest + 1
}

function areCounts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'number' && Number.isFinite(value) && value >= 0)
}

function areDefined<V>(values: readonly (V | undefined)[]): values is readonly V[] {
  return values.every((value) => value !== undefined)
}
