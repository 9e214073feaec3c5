const stock = new Map([
  ['apple', 3],
  ['pear', 1],
])

/** Ordinary functions; each takes its named arguments as one object. */
export const functions = {
  count: ({ item }: { item: string }): number => stock.get(item) ?? 0,

  async take({ item, count = 1 }: { item: string; count?: number }): Promise<number> {
    const left = (stock.get(item) ?? 0) - count
    if (left < 0) throw new RangeError(`not enough of ${item}`)
    stock.set(item, left)
    return left
  },
}
