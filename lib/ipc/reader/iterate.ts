import { ClosedError, InvalidDataError } from '../../errors.ts'
import { PATIENT, type WaitLimits } from '../options.ts'

/**
 * Yields items for a `for await` loop, one at a time; the loop ends when the reader is closed.
 * `return` and `throw` end it immediately, even while it waits: a plain generator would first take
 * one more item, which may never come and would be lost.
 *
 * @param onError gets errors of invalid items, which must not end the loop
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
