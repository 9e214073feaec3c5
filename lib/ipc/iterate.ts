import { ClosedError } from '../errors.ts'

/** Items for a `for await`, one at a time; the loop ends when its reader is closed. */
export async function* iterate<T>(
  next: () => Promise<T | undefined>,
  isClosed: () => boolean,
): AsyncGenerator<T, void> {
  for (;;) {
    let item: T | undefined
    try {
      item = await next()
    } catch (error) {
      if (error instanceof ClosedError && isClosed()) return
      throw error
    }
    if (item !== undefined) yield item
  }
}
