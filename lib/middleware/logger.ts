import { isRpcError, type Middleware, type MiddlewareCall } from '../index.ts'
import { elapsedMs } from '../util/timers.ts'

/** A logger, such as pino, or any object with methods that take an object and a text. */
export interface LogTarget {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** Options of {@link logger}. */
export interface LoggerOptions {
  /** Calls that take longer than this, in ms, are logged as warnings. @defaultValue Infinity */
  readonly slowMs?: number
  /** Whether a call is logged. @defaultValue all are */
  readonly when?: (call: MiddlewareCall) => boolean
}

/**
 * Logs each call when it has ended: service, method, direction, attempt and duration, of a task or
 * an event its id; of one that failed the error, as a warning. Neither arguments nor results are
 * logged.
 *
 * @example
 * ```ts
 * import { RedisRPC } from 'redis-object-rpc'
 * import { logger } from 'redis-object-rpc/middleware'
 *
 * const log = { info: console.log, warn: console.warn } // or pino()
 * const rpc = new RedisRPC('redis://localhost', { use: [logger(log, { slowMs: 1_000 })] })
 * ```
 */
export function logger(log: LogTarget, { slowMs = Number.POSITIVE_INFINITY, when }: LoggerOptions = {}): Middleware {
  return async ({ call, next }) => {
    if (when?.(call) === false) return next()
    const began = elapsedMs()
    const fields = (): Record<string, unknown> => {
      const { service, method, direction, kind, attempt, message } = call
      const id = message?.id === undefined ? {} : { id: message.id }
      return { service, method, direction, kind, attempt, ...id, durationMs: elapsedMs() - began }
    }
    let result: unknown
    try {
      result = await next()
    } catch (error) {
      const code = isRpcError(error) ? { code: error.code } : {}
      write(log, 'warn', { ...fields(), ...code, err: error }, `${call.service}.${call.method} failed`)
      throw error
    }
    const ended = fields()
    const isSlow = (ended.durationMs as number) > slowMs
    write(log, isSlow ? 'warn' : 'info', ended, `${call.service}.${call.method}${isSlow ? ' was slow' : ''}`)
    return result
  }
}

/** A log that fails must not make a call fail, which has been answered already. */
function write(log: LogTarget, level: keyof LogTarget, fields: object, message: string): void {
  try {
    log[level](fields, message)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
