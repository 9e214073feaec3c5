import { ClosedError } from '../../errors.ts'
import { PATIENT, type WaitLimits } from '../options.ts'

/**
 * Items for a `for await`, one at a time; the loop ends when its reader is closed. Left with `return` or `throw`, also while it waits,
 * it waits no longer: a generator alone would take one more item first, which may never come, and nobody would have it.
 */
export function iterate<T>(
  next: (limits: WaitLimits) => Promise<T | undefined>,
  isClosed: () => boolean,
): AsyncGenerator<T, void> {
  const left = new AbortController()
  const limits = { ...PATIENT, signal: left.signal }
  const hasEnded = (error: unknown) => left.signal.aborted || (error instanceof ClosedError && isClosed())
  const items = generate(() => next(limits), hasEnded)
  const { return: end, throw: fail } = items
  items.return = (value) => {
    left.abort()
    return end.call(items, value)
  }
  items.throw = (error) => {
    left.abort()
    return fail.call(items, error)
  }
  return items
}

async function* generate<T>(
  next: () => Promise<T | undefined>,
  hasEnded: (error: unknown) => boolean,
): AsyncGenerator<T, void> {
  for (;;) {
    let item: T | undefined
    try {
      item = await next()
    } catch (error) {
      if (hasEnded(error)) return
      throw error
    }
    if (item !== undefined) yield item
  }
}
