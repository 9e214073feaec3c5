import { setImmediate } from 'node:timers/promises'

/** A generator whose steps are written down. */
export function numbers(
  count: number,
  log: string[] = [],
  before: (i: number) => unknown = () => undefined,
): AsyncGenerator<number, string> {
  async function* generate(): AsyncGenerator<number, string> {
    try {
      for (let i = 0; i < count; i++) {
        await before(i)
        log.push(`item ${i}`)
        yield i
      }
      return 'end'
    } catch (error) {
      log.push(`threw ${(error as Error).message}`)
      throw error
    } finally {
      log.push('finally')
    }
  }
  return generate()
}

export async function readAll(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of items) all.push(item)
  return all
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
/** Longer than anything that is on its way needs. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}
