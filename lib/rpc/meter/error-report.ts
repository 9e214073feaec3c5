import { systemClock } from '../../util/clock.ts'
import { isError, nameAndMessage } from '../../wire/error-record.ts'
import type { Request } from '../../wire/message.ts'
import { StepFailure } from '../../wire/step.ts'
import { thrownText } from '../../wire/thrown.ts'
import { type ErrorReport, LONGEST_TEXTS } from './server-report.ts'

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/

/** The report of a failed call. A method can throw anything; this never throws. */
export function errorReport(request: Request, method: string, thrown: unknown, exposeStacks: boolean): ErrorReport {
  const error = StepFailure.is(thrown) ? thrown.thrown : thrown
  const stack = exposeStacks ? textIn(error, 'stack') : undefined
  return {
    at: systemClock.now(),
    method,
    ...thrownReport(error),
    ...(stack !== undefined && { stack: cut(stack, LONGEST_TEXTS.stack) }),
    ...callerReport(request),
  }
}

/** What was thrown. */
export function thrownReport(thrown: unknown): Pick<ErrorReport, 'name' | 'code' | 'message'> {
  if (StepFailure.is(thrown)) return thrownReport(thrown.thrown)
  const code = textIn(thrown, 'code')
  return { ...nameOf(thrown), ...(code !== undefined && { code: cut(code, LONGEST_TEXTS.name) }) }
}

/** Where a call came from. */
export function callerReport({
  address,
  options,
}: Pick<Request, 'address' | 'options'>): Pick<ErrorReport, 'caller' | 'traceparent'> {
  const traceparent = options.metadata?.traceparent
  return {
    caller: cut(address.list, LONGEST_TEXTS.message),
    ...(traceparent !== undefined && TRACEPARENT.test(traceparent) && { traceparent }),
  }
}

function nameOf(thrown: unknown): Pick<ErrorReport, 'name' | 'message'> {
  try {
    if (isError(thrown)) {
      const { name, message } = nameAndMessage(thrown)
      return { name: cut(name, LONGEST_TEXTS.name), message: cut(message, LONGEST_TEXTS.message) }
    }
  } catch {
    // It is a revoked proxy.
  }
  return { name: typeof thrown, message: cut(thrownText(thrown), LONGEST_TEXTS.message) }
}

function textIn(thrown: unknown, key: 'code' | 'stack'): string | undefined {
  try {
    const value = isError(thrown) ? (thrown as unknown as Record<string, unknown>)[key] : undefined
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Truncates a text. It copies the part, which would otherwise keep the whole text in memory. */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${Buffer.from(text.slice(0, longest)).toString()}…`
}
