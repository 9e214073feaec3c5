import { ClosedError, InvalidDataError } from '../../errors.ts'
import { PATIENT, type WaitLimits } from '../options.ts'

/**
 * Items for a `for await`, one at a time; the loop ends when its reader is closed. Left with `return` or `throw`, also while it waits,
 * it waits no longer: a generator alone would take one more item first, which may never come, and nobody would have it.
 *
 * @param onError told of what came and cannot be read: that must not end a loop
 */
export function iterate<T>(
  next: (limits: WaitLimits) => Promise<T | undefined>,
  isClosed: () => boolean,
  onError: (error: Error) => void,
): AsyncGenerator<T, void> {
  const left = new AbortController()
  const limits = { ...PATIENT, signal: left.signal }
  const items = generate()
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

  async function* generate(): AsyncGenerator<T, void> {
    for (;;) {
      let item: T | undefined
      try {
        item = await next(limits)
      } catch (error) {
        if (left.signal.aborted || (error instanceof ClosedError && isClosed())) return
        if (!(error instanceof InvalidDataError)) throw error
        onError(error)
      }
      if (item !== undefined) yield item
    }
  }
}
