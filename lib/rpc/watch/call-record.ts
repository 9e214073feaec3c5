import { ProtocolError } from '../../errors.ts'
import { isRecord } from '../../util/is-object.ts'
import { type ErrorReport, LONGEST_TEXTS } from '../meter/server-report.ts'

/** A call that a server has answered, refused or dropped. Its texts are truncated. */
export interface CallRecord {
  /** When it ended, in ms since 1970 on the server's clock. */
  readonly at: number
  /** The server's 12 characters, see {@link ServerInfo}. */
  readonly server: string
  /**
   * The full dotted name of the method or the property; `rpc.pipe` for a pipeline, `callback` for a
   * function that was passed.
   */
  readonly method: string
  /** Whether a method was called, or a property was read or written. */
  readonly access: 'call' | 'get' | 'set'
  /**
   * `notify`: nobody waits for an answer. `callback`: a function or an object was called that the
   * server has passed to the caller.
   */
  readonly kind: 'call' | 'notify' | 'callback'
  /** The list on which the caller gets its replies; empty for a notification. */
  readonly caller: string
  /**
   * How long the method ran, in ms; 0 if it did not run. A call that got the kept result of another
   * one with the same idempotency key has the outcome of that one, and 0 here.
   */
  readonly durationMs: number
  /**
   * `ok`: answered with a value. `error`: answered with what the method threw, or what was wrong
   * with the call. `refused`: not run, because the server was busy or closing. `expired`: not run,
   * because the deadline had passed.
   */
  readonly outcome: 'ok' | 'error' | 'refused' | 'expired'
  /** Why it failed or was refused. */
  readonly error?: Pick<ErrorReport, 'name' | 'code' | 'message'>
  /** The trace that the call belongs to, if its metadata says so. @see https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string
  /**
   * How many calls this record represents. More than 1: the server had more calls than it shows,
   * and left out the others.
   */
  readonly sampled: number
}

/** Which calls to watch; by default all. Servers select before they sample. */
export interface CallFilter {
  /** Only calls of this method, or reads and writes of this property, by its full dotted name. */
  readonly method?: string
  /** Only calls whose outcome is not `ok`. @defaultValue false */
  readonly failed?: boolean
  /** Only calls that ran for at least this long, in ms. @defaultValue 0 */
  readonly minDurationMs?: number
}

const OUTCOMES: readonly unknown[] = ['ok', 'error', 'refused', 'expired'] satisfies CallRecord['outcome'][]
const ACCESSES: readonly unknown[] = ['call', 'get', 'set'] satisfies CallRecord['access'][]
const KINDS: readonly unknown[] = ['call', 'notify', 'callback'] satisfies CallRecord['kind'][]

/** Reads a record that came from a server; undefined when it is none. */
export function readCallRecord(value: unknown): CallRecord | undefined {
  const { at, server, method, access, kind, caller, durationMs, outcome, error, traceparent, sampled } = fieldsOf(value)
  if (!areAmounts(at, durationMs, sampled) || !OUTCOMES.includes(outcome)) return undefined
  if (!ACCESSES.includes(access) || !KINDS.includes(kind)) return undefined
  if (!areTexts(server, method, caller) || (traceparent !== undefined && !areTexts(traceparent))) return undefined
  const why = error === undefined ? undefined : readError(error)
  if (error !== undefined && why === undefined) return undefined
  return {
    ...{ at, server, method, access, kind, caller, durationMs, outcome },
    ...(why !== undefined && { error: why }),
    ...(traceparent !== undefined && { traceparent }),
    sampled,
  } as CallRecord
}

function readError(value: unknown): CallRecord['error'] {
  const { name, code, message } = fieldsOf(value)
  if (!areTexts(name, message) || (code !== undefined && !areTexts(code))) return undefined
  return { name, ...(code !== undefined && { code }), message } as CallRecord['error']
}

/** Reads the filter that somebody who watches has sent. @throws ProtocolError */
export function readCallFilter(value: unknown): CallFilter {
  if (value === undefined) return {}
  const { method, failed, minDurationMs } = fieldsOf(value)
  const isMethod = method === undefined || (typeof method === 'string' && method.length <= LONGEST_TEXTS.message)
  const isFailed = failed === undefined || typeof failed === 'boolean'
  const isDuration = minDurationMs === undefined || areAmounts(minDurationMs)
  if (!isMethod || !isFailed || !isDuration) throw new ProtocolError('what rpc.watch is asked to select is malformed')
  return {
    ...(method !== undefined && { method }),
    ...(failed !== undefined && { failed }),
    ...(minDurationMs !== undefined && { minDurationMs: minDurationMs as number }),
  }
}

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return isRecord(value) ? { __proto__: null, ...value } : {}
}

function areTexts(...values: readonly unknown[]): boolean {
  // One more: what was cut ends with an ellipsis.
  return values.every((value) => typeof value === 'string' && value.length <= LONGEST_TEXTS.message + 1)
}

function areAmounts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'number' && Number.isFinite(value) && value >= 0)
}
